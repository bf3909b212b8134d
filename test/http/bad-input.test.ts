import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { createAdmission } from '../../src/infrastructure/crypto/hash-admission.ts'
import { createPasswordHashing } from '../../src/infrastructure/crypto/password-hashing.ts'
import { startApp } from '../support/app.ts'
import { BODIES } from '../support/bad-input/bodies.ts'
import { BEYOND, type Entry, type OneRequest, ROWS, type World } from '../support/bad-input/catalogue.ts'
import { CREDENTIALS } from '../support/bad-input/credentials.ts'
import { EMAILS } from '../support/bad-input/emails.ts'
import { FRAMING } from '../support/bad-input/framing.ts'
import { HEADERS } from '../support/bad-input/headers.ts'
import { KNOWN_FAULTS } from '../support/bad-input/known-faults.ts'
import { PASSWORDS_AND_CODES } from '../support/bad-input/passwords.ts'
import { SEVERAL } from '../support/bad-input/several.ts'
import { TARGETS } from '../support/bad-input/targets.ts'
import { createClient } from '../support/client.ts'
import { assertCommonHeaders } from '../support/fuzz-checks.ts'
import { CHEAP } from '../support/hashing.ts'
import { assertInvalid, assertProblem } from '../support/problems.ts'
import { sendRaw } from '../support/raw-http.ts'
import { signUp, signUpActive } from '../support/sign-up.ts'

const ENTRIES: Entry[] = [
  ...BODIES,
  ...FRAMING,
  ...HEADERS,
  ...TARGETS,
  ...EMAILS,
  ...PASSWORDS_AND_CODES,
  ...CREDENTIALS,
  ...SEVERAL,
]

describe('bad input', () => {
  let world: World
  before(async () => {
    world = await startWorld()
  })
  after(() => world.app.stop())

  const passing = new Map<string, number>()
  for (const row of [...ROWS, BEYOND]) {
    const entries = ENTRIES.filter(entry => entry.row === row)
    it(`of this kind gets its documented answer: ${row}`, async t => {
      for (const entry of entries) {
        await t.test(entry.what, async t => {
          const fault = row === BEYOND ? KNOWN_FAULTS.get(entry.what) : undefined
          if (fault === undefined) await check(entry, world)
          else {
            t.diagnostic(`known fault: ${fault}`)
            const mended = check(entry, world).then(
              () => true,
              () => false,
            )
            assert.equal(await mended, false, 'mended: strike it off known-faults.ts')
          }
          passing.set(row, (passing.get(row) ?? 0) + 1)
        })
      }
    })
  }

  it('has entries for every kind, each of its own name, and all pass', t => {
    const entriesOf = (row: string) => ENTRIES.filter(entry => entry.row === row)
    const whole = ROWS.filter(row => passing.get(row) === entriesOf(row).length)
    t.diagnostic(`rows: ${ROWS.length}, passing: ${whole.length}`)
    t.diagnostic(`entries: ${ENTRIES.length}, passing: ${[...passing.values()].reduce((a, b) => a + b, 0)}`)
    t.diagnostic(`${BEYOND}: ${entriesOf(BEYOND).length}, passing: ${passing.get(BEYOND) ?? 0}`)
    t.diagnostic(`known faults among them: ${KNOWN_FAULTS.size}`)
    for (const what of KNOWN_FAULTS.keys()) {
      assert.ok(
        entriesOf(BEYOND).some(entry => entry.what === what),
        `there is no entry '${what}'`,
      )
    }
    for (const row of ROWS) assert.ok(entriesOf(row).length > 0, `${row} has no entry`)
    const names = ENTRIES.map(({ row, what }) => `${row}: ${what}`)
    assert.deepEqual(names, [...new Set(names)])
    assert.deepEqual(whole, [...ROWS])
  })

  it('leaves no error in the log, and the service ready', async () => {
    assert.deepEqual(
      world.app.logged.filter(({ level }) => Number(level) >= 50),
      [],
    )
    assert.equal((await world.client.ask('GET', '/health/ready')).status, 200)
  })
})

/** One app with all limits off, which counts its hashes. */
const startWorld = async (): Promise<World> => {
  let hashes = 0
  const { admit } = createAdmission({ concurrency: 2, queueMs: 60_000 })
  const hashing = await createPasswordHashing(admit, CHEAP)
  const app = await startApp({
    env: {
      LIMIT_SEND_SPACING_SECONDS: '0',
      LIMIT_SENDS_PER_HOUR: '0',
      LIMIT_SENDS_PER_DAY: '0',
      LIMIT_LOGIN_FAILURES_PER_DAY: '0',
      CODE_TTL_SECONDS: '3600',
    },
    standIns: {
      hashing: {
        ...hashing,
        hashPassword: (...input) => {
          hashes += 1
          return hashing.hashPassword(...input)
        },
        verifyPassword: (...input) => {
          hashes += 1
          return hashing.verifyPassword(...input)
        },
      },
    },
  })
  return {
    app,
    client: createClient(app.url),
    active: await signUpActive(app),
    pending: await signUp(app),
    hashes: () => hashes,
  }
}

const check = async (entry: Entry, world: World): Promise<void> => {
  if ('run' in entry) return entry.run(world)
  if ('file' in entry) {
    const source = readFileSync(new URL(`../../${entry.file}`, import.meta.url), 'utf8')
    return assert.ok(source.includes(`it('${entry.test}'`), `${entry.file} has no test '${entry.test}'`)
  }
  return checkAnswer(entry, world)
}

const checkAnswer = async (entry: OneRequest, world: World): Promise<void> => {
  const { expected } = entry
  const answer = await sendRaw(world.app.url, entry.send(world))
  if (expected === 'closed without an answer') return assert.equal(answer, undefined)
  assert.ok(answer, 'the connection was closed without an answer')
  if (typeof expected === 'string') assertProblem(answer, expected)
  else if (typeof expected === 'number') assert.equal(answer.status, expected, JSON.stringify(answer.body))
  else assertInvalid(answer, ...expected)
  assertCommonHeaders(answer)
  if (entry.closed) assert.equal(answer.closed, true, 'the connection was left open')
  entry.also?.(answer, world)
}
