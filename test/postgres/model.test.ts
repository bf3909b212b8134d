import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryCounter } from '../support/code-counter.ts'
import { createModel, type Fate, type Model } from '../support/model-rules.ts'
import { compareState } from '../support/model-state.ts'
import { type Meanwhile, type Step, take } from '../support/model-steps.ts'
import { createWorld, type Lane, openLane, type World } from '../support/model-world.ts'

const RUNS = 1000
/** Histories that go on at the same time, each on a database of its own: while one waits, others compute. */
const LANES = 4
const STEPS = 40
/** Some 70,000 statements, on a machine that may have other things to do. */
const TIMEOUT_MS = 600_000

const of = <T>(...values: T[]) => fc.constantFrom(...values)
/** Most of it happens at one address; the other is there to be left alone. */
const at = of(0, 0, 0, 0, 1)
const actor = of('owner' as const, 'attacker' as const)
const who = fc.oneof({ weight: 4, arbitrary: of('registrant' as const) }, actor)
const fate: fc.Arbitrary<Fate> = of(
  { result: 'accepted', ago: 0 },
  { result: 'accepted', ago: 0 },
  { result: 'accepted', ago: 50 },
  { result: 'given_up' },
  { result: 'retry', in: 20 },
)
const HOUR = 3600
const DAY = 24 * HOUR

const instance = of('known' as const, 'new' as const)
const register = fc.record({ do: fc.constant('register' as const), who: actor, at, instance })
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait'),
  seconds: fc.oneof(
    { weight: 12, arbitrary: of(10, 29, 30, 31, 59, 60, 61) },
    { weight: 6, arbitrary: of(HOUR, DAY, DAY + HOUR) },
    { weight: 1, arbitrary: of(401 * DAY) },
  ),
})
const purge: fc.Arbitrary<Step> = fc.constant({ do: 'purge' })
const claim: fc.Arbitrary<Step> = fc.constant({ do: 'claim' })
const settle: fc.Arbitrary<Step> = fc.record({ do: fc.constant('settle'), fate })
/** Nobody waits for a hundred guesses, or for ten mails, in a history of forty steps. */
const othersUseUp: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('others use up'),
  at,
  guesses: of(0, 6, 7, 9, 10, 87, 90, 99),
  sends: of(0, 0, 0, 3, 4, 9),
})
const digits = of(
  ...(['right', 'wrong', 'wrong', 'wrong', 'of another length'] as const),
  ...(['of an old mail', 'of the other address'] as const),
)
const simpleGuess: fc.Arbitrary<Step> = fc.record({ do: fc.constant('guess'), who, at, digits })
const simpleResend = fc.record({ do: fc.constant('resend' as const), who, at })

/** What may come in between two statements of one request. */
const simple = fc.oneof(simpleGuess, simpleResend, register, wait, purge, settle)
const meanwhile: fc.Arbitrary<Meanwhile> = fc.record({
  before: of('countGuess', 'consumeCode'),
  step: simple,
})
const guess: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('guess'),
  who,
  at,
  digits,
  meanwhile: fc.option(meanwhile, { nil: undefined, freq: 3 }),
})
const resend: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('resend'),
  who,
  at,
  meanwhile: fc.option(simple, { nil: undefined, freq: 3 }),
})

type Real = { world: World; lane: Lane }
type Command = fc.AsyncCommand<Model, Real>

/** What must have come up in some history: a test that never gets there proves nothing about it. */
const EVERYWHERE = [
  ...['register ok', 'register email_taken', 'register rate_limited'],
  ...['resend ok', 'resend invalid_credentials', 'resend already_active', 'resend rate_limited'],
  ...['guess ok', 'guess invalid_credentials', 'guess already_active', 'guess expired_code'],
  ...['guess exhausted_code', 'guess wrong_code 2', 'guess wrong_code 1', 'guess wrong_code 0'],
  ...['compared with 4 digits', 'compared with 6 digits', 'compared with 8 digits'],
]
const seen = new Set<string>()
const note = (what: string) => seen.add(what)

const command = (...steps: Step[]): Command => ({
  check: () => true,
  run: async (model, { world, lane }) => {
    for (const step of steps) {
      const { ok, refusal, attemptsLeft = '' } = await take(model, world, step)
      note(`${step.do} ${ok ? 'ok' : refusal} ${attemptsLeft}`.trim())
    }
    await compareState(model, lane)
    assertRules(world)
  },
  toString: () => steps.map(inWords).join(', '),
})

/** Whoever is told to wait waits, but first a second less than that. */
const insist = (step: Step): Command => ({
  check: () => true,
  run: async (model, { world, lane }) => {
    const { refusal, retryAfterSeconds = 0 } = await take(model, world, step)
    if (refusal === 'rate_limited') {
      await take(model, world, { do: 'wait', seconds: retryAfterSeconds - 1 })
      assert.equal((await take(model, world, step)).refusal, 'rate_limited')
      await take(model, world, { do: 'wait', seconds: 1 })
      assert.notEqual((await take(model, world, step)).refusal, 'rate_limited')
    }
    await compareState(model, lane)
  },
  toString: () => `insist: ${inWords(step)}`,
})

const inWords = (step: object): string =>
  Object.values(step)
    .filter(part => part !== undefined)
    .map(part => (typeof part === 'object' ? `(${inWords(part)})` : String(part)))
    .join(' ')

/** What holds in every history, whatever the model says. */
const assertRules = ({ compared, activated, madeFor }: World): void => {
  for (const guesses of Map.groupBy(compared, ({ codeId }) => codeId).values()) {
    const numbers = guesses.map(({ guess }) => guess)
    assert.deepEqual(numbers, [1, 2, 3].slice(0, numbers.length), 'three guesses at a code, all counted')
  }
  for (const { userId, codeId } of activated) {
    assert.equal(madeFor.get(codeId), userId, 'a code activates the registration that asked for it')
  }
  const addresses = activated.map(({ email }) => email)
  assert.equal(new Set(addresses).size, addresses.length, 'an address is activated once')
}

/** The list gives each entry the same weight. */
const steps = fc.commands(
  [
    register.map(step => command(step)),
    register.map(step => command(step)),
    fc.oneof(register, simpleResend).map(insist),
    resend.map(step => command(step)),
    ...[guess, guess, guess, guess].map(step => step.map(step => command(step))),
    claim.map(step => command(step)),
    settle.map(step => command(step)),
    settle.map(step => command({ do: 'claim' }, step)),
    wait.map(step => command(step)),
    wait.map(step => command(step)),
    purge.map(step => command(step)),
    othersUseUp.map(step => command(step)),
  ],
  { maxCommands: STEPS, size: 'max' },
)

/** The counter has the shorter run: it differs in one step, and what is to be seen was seen before. */
const STORES = [
  { store: 'the database', counter: () => undefined, runs: RUNS },
  { store: 'a counter elsewhere', counter: memoryCounter, runs: 240 },
]

for (const { store, counter, runs } of STORES) {
  describe(`any history of registrations, guesses and mails, with the guesses counted in ${store}`, () => {
    const lanes: Lane[] = []
    before(async () => {
      for (let lane = 0; lane < LANES; lane += 1) lanes.push(await openLane(counter()))
    })
    after(() => Promise.all(lanes.map(({ bench }) => bench.close())))

    it('is answered and stored as a model of account, code, ledger and clock says', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const history = (lane: Lane) =>
        fc.asyncProperty(fc.nat(), steps, async (salt, commands) => {
          const world = await createWorld(lane, String(salt))
          await fc.asyncModelRun(() => ({ model: createModel(), real: { world, lane } }), commands)
          for (const { codeLength } of world.compared) note(`compared with ${codeLength} digits`)
        })
      await Promise.all(lanes.map(lane => fc.assert(history(lane), { numRuns: runs / LANES })))
      const never = EVERYWHERE.filter(what => !seen.has(what))
      assert.deepEqual(never, [], 'the histories get everywhere')
    })
  })
}
