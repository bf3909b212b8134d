import type { FastifyInstance } from 'fastify'
import type { Answers } from '../answers.ts'
import { problemResponses } from '../problem-schemas.ts'
import { PROBLEMS, type ProblemCode, type ProblemKind } from '../problems.ts'

/** The pages that the `type` of a problem document leads to. */
export const problemPages = (server: FastifyInstance, answers: Answers): void => {
  server.get<{ Params: { code: string } }>('/problems/:code', {
    schema: {
      operationId: 'explainProblem',
      summary: 'Explain a problem',
      description: 'A page for people, at the address that is the `type` of the problem document.',
      tags: ['problems'],
      params: {
        type: 'object',
        properties: { code: { type: 'string', description: 'The code of a problem document.' } },
      },
      response: {
        200: {
          description: 'A page that explains it.',
          content: { 'text/html': { schema: { type: 'string' } } },
        },
        ...problemResponses('not_found'),
      },
    },
    handler: async (request, reply) => {
      const { code } = request.params
      if (!isProblemCode(code)) return answers.problem(reply, 'not_found')
      return reply.type('text/html; charset=utf-8').send(page(code, PROBLEMS[code]))
    },
  })
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code)

const page = (code: ProblemCode, { status, title, detail, remedy }: ProblemKind): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Vestibule</title>
<link rel="icon" href="../web/logo.svg">
<link rel="stylesheet" href="../web/theme.css">
<link rel="stylesheet" href="../web/style.css">
</head>
<body>
<main class="wide">
<p class="brand">Vestibule</p>
<h1>${title}</h1>
<p class="quiet"><code>${code}</code> · HTTP status ${status}</p>
<p>${escapeHtml(detail)}</p>
<h2>What to do</h2>
<p>${escapeHtml(remedy)}</p>
</main>
</body>
</html>
`

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
