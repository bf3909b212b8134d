import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { SPECIFICATION_FILE, specification } from '../tools/specification/page.ts'
import { readTitles } from '../tools/specification/read-titles.ts'

describe('docs/specification.md', () => {
  it('is what `npm run specification` writes', () => {
    assert.ok(readFileSync(SPECIFICATION_FILE, 'utf8') === specification(), 'run npm run specification')
  })
})

describe('the titles of a test file', () => {
  const titlesOf = (source: string) =>
    readTitles(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true))
  const facts = (source: string) =>
    titlesOf(`describe('it', () => {${source}})`)[0]?.within.map(({ text }) => text)

  it('stand as they do in the source, below those around them', () => {
    assert.deepEqual(
      titlesOf("describe('a', () => { describe('b', () => { it('c', () => {}) }); it('d') })"),
      [
        {
          text: 'a',
          within: [
            { text: 'b', within: [{ text: 'c', within: [] }] },
            { text: 'd', within: [] },
          ],
        },
      ],
    )
  })

  it('are one for each row of a table of literals', () => {
    const table = "const all = { no: [401, 'Basic'], gone: [404] } as const"
    const loop = 'for (const [what, [status, how = `any`]] of Object.entries(all))'
    assert.deepEqual(facts(`${table}; ${loop} it(\`answers \${status} to \${what}: \${how}\`)`), [
      'answers 401 to no: Basic',
      'answers 404 to gone: any',
    ])
  })

  it('have words for what is known only when the test runs', () => {
    const loop = 'for (const [name, { statusCode }] of [["a", ask()], ["b", ask()]])'
    assert.deepEqual(facts(`${loop} it(\`answers \${statusCode} to \${JSON.stringify(name)}\`)`), [
      'answers «status code» to "a"',
      'answers «status code» to "b"',
    ])
    assert.deepEqual(facts('for (const { name } of read()) it(name)'), ['«name»'])
  })

  it('are one for a table, or tables in tables, of more than 30 rows', () => {
    const numbers = (count: number) => JSON.stringify(Array.from({ length: count }, (_, n) => n))
    const nested = (rows: number) =>
      `for (const n of ${numbers(6)}) for (const m of ${numbers(rows)}) it(\`\${n}.\${m}\`)`
    assert.equal(facts(`for (const n of ${numbers(30)}) it(\`\${n}\`)`)?.length, 30)
    assert.deepEqual(facts(`for (const n of ${numbers(31)}) it(\`\${n}\`)`), ['«n»'])
    assert.equal(facts(nested(5))?.length, 30)
    assert.deepEqual(facts(nested(6)), ['0.«m»', '1.«m»', '2.«m»', '3.«m»', '4.«m»', '5.«m»'])
  })
})
