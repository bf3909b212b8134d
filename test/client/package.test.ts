import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startApp } from '../support/app.ts'
import { scratchFolder } from '../support/command.ts'
import { signUp } from '../support/sign-up.ts'

const CLIENT = fileURLToPath(new URL('../../client', import.meta.url))
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

const run = async (cwd: string, command: string, ...args: string[]) =>
  // What tsc has to say comes on the standard output.
  (await promisify(execFile)(command, args, { cwd }).catch(error => assert.fail(`${error}\n${error.stdout}`)))
    .stdout

const FILES = ['client', 'openapi', 'send', 'types'].flatMap(name => [`dist/${name}.d.ts`, `dist/${name}.js`])

/** Somebody's program in plain JavaScript. */
const PLAIN = `
import { createClient } from 'vestibule-client'
const [url, email, password, code] = process.argv.slice(2)
const { activate, account } = createClient({ url })
const wrong = await activate({ email, password }, 'none')
const right = await activate({ email, password }, code)
const { body } = await account({ email, password })
console.log(JSON.stringify([wrong.problem.errors[0].pointer, right.ok, body.is_active]))
`

/** One in TypeScript, which does not compile when a type is missing, or is wider than it has to be. */
const TYPED = `
import { type Answer, type Client, createClient, type Problem, type ProblemCode } from 'vestibule-client'

const client: Client = createClient({ url: location.origin, signal: AbortSignal.timeout(5000) })
const credentials = { email: 'ada@example.com', password: 'Correct-Horse-7' }

const activated: Answer<'activate'> = await client.activate(credentials, '1234')
if (activated.ok) activated.body.message satisfies string
else sayWhy(activated.problem)

function sayWhy(problem: Problem<'activate'>): string | number {
  switch (problem.code) {
    case 'wrong_code':
      return problem.attempts_left
    case 'validation_failed':
      return problem.errors.map(({ rule }) => rule).join()
    case 'rate_limited':
    case 'overloaded':
    case 'unavailable':
      return problem.retryAfterSeconds
    // @ts-expect-error no problem of this route
    case 'email_taken':
      return 0
    case 'expired_code':
    case 'exhausted_code':
    case 'already_active':
    case 'invalid_credentials':
      return problem.detail
    case 'malformed_body':
    case 'bad_request':
    case 'duplicate_header':
    case 'request_timeout':
    case 'body_too_large':
    case 'unsupported_media_type':
    case 'headers_too_large':
    case 'internal_error':
      return problem.correlation_id
    default:
      return problem satisfies never
  }
}

// Which problems have what goes with some: all of these, and no others.
type Having<Member> = { [code in Extract<Problem, Member>['code']]: true }
const waiting: Having<{ retryAfterSeconds: number }> = { rate_limited: true, overloaded: true, unavailable: true }
const counting: Having<{ attempts_left: number }> = { wrong_code: true }
const listing: Having<{ errors: { pointer: string; rule: string; detail: string }[] }> = { validation_failed: true }

const registered = await client.register({ ...credentials, locale: 'fr' })
if (registered.ok && registered.status === 201) registered.body.id satisfies string
// @ts-expect-error a service that hides who is registered has no id to tell
if (registered.ok) registered.body.id

const status = await client.codeStatus(credentials)
if (status.ok) status.body satisfies { length: number; attempts_left: number; expires_in: number | null; resend_in: number }
const account = await client.account(credentials)
if (account.ok) account.body.activated_at satisfies string | null
const sent = await client.resendCode(credentials)
if (sent.ok) sent.body.retry_after satisfies number

// @ts-expect-error no code of Vestibule
const code: ProblemCode = 'wrong_password'
// @ts-expect-error a code is a string: it may begin with a 0
client.activate(credentials, 1234)
`

const compilerOptions = {
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
}

describe('the package of the client', { timeout: 100_000 }, () => {
  let folder: string
  before(async () => {
    folder = await scratchFolder()
    await run(CLIENT, 'npm', 'pack', '--pack-destination', folder)
    const [archive = ''] = await readdir(folder)
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
    await run(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', archive)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const packed = (name: string) => join(folder, 'node_modules/vestibule-client', name)

  it('holds what a consumer needs, and nothing else', async () => {
    const files = await readdir(packed(''), { recursive: true, withFileTypes: true })
    const names = files.filter(file => file.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    const expected = [...FILES, 'LICENSE', 'README.md', 'package.json'].map(packed)
    assert.deepEqual(names.sort(), expected.sort())
    const { dependencies } = JSON.parse(await readFile(packed('package.json'), 'utf8'))
    assert.equal(dependencies, undefined)
  })

  it('is imported by plain JavaScript', async () => {
    await writeFile(join(folder, 'plain.js'), PLAIN)
    const app = await startApp()
    try {
      const { email, password, code } = await signUp(app)
      const printed = await run(folder, process.execPath, 'plain.js', app.url, email, password, code)
      assert.deepEqual(JSON.parse(printed), ['/code', true, true])
    } finally {
      await app.stop()
    }
  })

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    it(`has types for TypeScript with the module resolution "${moduleResolution}"`, async () => {
      await writeFile(join(folder, 'typed.ts'), TYPED)
      const options = {
        compilerOptions: { ...compilerOptions, module, moduleResolution },
        files: ['typed.ts'],
      }
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
      await run(folder, process.execPath, TSC)
    })
  }
})
