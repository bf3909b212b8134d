import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { check } from './checker.ts'
import type { Account, Evidence, Mail, Operation, ReceivedEvent } from './history.ts'

const TTL = 60_000
const EMAIL = 'ada@example.com'
const PASSWORD = 'Correct-Horse-7'

/** Each operation takes 10 ms. */
const operation = (id: string, at: number, more: Partial<Operation>): Operation => ({
  id,
  kind: 'register',
  email: EMAIL,
  password: PASSWORD,
  askedAt: at,
  answeredAt: at + 10,
  outcome: 'ok',
  status: 201,
  ...more,
})

const registers = (id: string, at: number, userId: string, more: Partial<Operation> = {}): Operation =>
  operation(id, at, { body: { id: userId, email: EMAIL, is_active: false }, ...more })

const activates = (id: string, at: number, code: string, more: Partial<Operation> = {}): Operation =>
  operation(id, at, { kind: 'activate', status: 200, code, ...more })

const guessesWrong = (id: string, at: number, left: number): Operation =>
  activates(id, at, '0000', { ...refused(422, 'wrong_code'), body: { attempts_left: left } })

const resends = (id: string, at: number): Operation => operation(id, at, { kind: 'resend', status: 202 })

const refused = (status: number, problem: string): Partial<Operation> => ({
  outcome: 'refused',
  status,
  problem,
})

/** As a closed socket leaves it. */
const unanswered = ({ status: _status, body: _body, ...operation }: Operation): Operation => ({
  ...operation,
  outcome: 'unknown',
})

const mail = (operationId: string, at: number, code: string, more: Partial<Mail> = {}): Mail => ({
  id: `mail of ${operationId}`,
  operationId,
  to: EMAIL,
  code,
  arrivedAt: at,
  acceptedAt: at + 5,
  ...more,
})

const event = (
  type: string,
  operationId: string,
  subject: string,
  id = `${type} of ${subject}`,
): ReceivedEvent => ({
  id,
  type: `${type}.v1`,
  operationId,
  subject,
  email: EMAIL,
  text: `${type} ${subject}`,
})

const pending = (id: string): Account => ({ id, email: EMAIL, isActive: false })
const active = (id: string): Account => ({ id, email: EMAIL, isActive: true })

const evidence = (more: Partial<Evidence>): Evidence => ({
  operations: [],
  mails: [],
  events: [],
  accounts: [],
  waiting: [],
  codeTtlMs: TTL,
  troubles: [],
  losses: [],
  ...more,
})

/** Somebody registers at 0, gets the mail at 50 and activates the account at 1000. */
const journey = (change: Partial<Evidence> = {}): Evidence =>
  evidence({
    operations: [registers('r', 0, 'u'), activates('a', 1000, '1234')],
    mails: [mail('r', 50, '1234')],
    events: [event('user.registered', 'r', 'u'), event('user.activated', 'a', 'u')],
    accounts: [active('u')],
    ...change,
  })

/** Somebody who registers and gets the mail, then does what is given. Nobody activates the account. */
const waitingFor = (operations: Operation[], change: Partial<Evidence> = {}): Evidence =>
  journey({
    operations: [registers('r', 0, 'u'), ...operations],
    events: [event('user.registered', 'r', 'u')],
    accounts: [pending('u')],
    ...change,
  })

/** Somebody who does what is given before activating the account with a code at a time. */
const activating = (operations: Operation[], at = 1000, change: Partial<Evidence> = {}): Evidence =>
  journey({ operations: [registers('r', 0, 'u'), ...operations, activates('a', at, '1234')], ...change })

/** The same person once more, after the code has run out, with another password. */
const again = registers('r2', 70_000, 'u2', { password: 'Another-Horse-8' })
const replaced = {
  operations: [registers('r', 0, 'u'), again],
  mails: [mail('r', 50, '1234'), mail('r2', 70_050, '5678')],
  events: [event('user.registered', 'r', 'u'), event('user.registered', 'r2', 'u2')],
  accounts: [pending('u2')],
}

const assertFine = (fine: Evidence): void => assert.deepEqual(check(fine), [])

/** Checks that exactly this is found. */
const assertFound = (broken: Evidence, ...expected: string[]): void =>
  assert.deepEqual(
    check(broken).map(({ invariant, what }) => `${invariant} ${what}`),
    expected,
  )

describe('check', () => {
  it('finds nothing wrong with a journey', () => assertFine(journey()))

  it('finds nothing wrong with mails and events that come twice', () =>
    assertFine(
      journey({
        mails: [mail('r', 50, '1234'), mail('r', 60, '1234')],
        events: [
          event('user.registered', 'r', 'u'),
          event('user.activated', 'a', 'u'),
          event('user.registered', 'r', 'u'),
        ],
      }),
    ))

  it('finds nothing wrong with a registration that was replaced when its code had run out', () =>
    assertFine(evidence(replaced)))

  it('finds nothing wrong with three wrong guesses and what follows', () =>
    assertFine(
      waitingFor([
        guessesWrong('1', 100, 2),
        guessesWrong('2', 200, 1),
        guessesWrong('3', 300, 0),
        activates('4', 400, '1234', refused(422, 'exhausted_code')),
      ]),
    ))

  it('finds nothing wrong with unknown operations that happened whole', () =>
    assertFine(journey({ operations: journey().operations.map(unanswered) })))

  it('finds nothing wrong with unknown operations that did not happen', () =>
    assertFine(
      evidence({ operations: [unanswered(registers('r', 0, 'u')), unanswered(activates('a', 9, '1234'))] }),
    ))

  it('takes an unknown registration for one that may have replaced another one', () =>
    assertFine(evidence({ ...replaced, operations: [registers('r', 0, 'u'), unanswered(again)] })))
})

describe('check of I1', () => {
  it('finds an acknowledged registration that is missing', () => {
    assertFound(waitingFor([], { accounts: [] }), 'I1 a registration is missing')
    assertFound(
      evidence({ ...replaced, accounts: [pending('u')] }),
      'I1 a registration is missing, and nobody has replaced it',
    )
  })

  it('finds half a registration', () => {
    const operations = [unanswered(registers('r', 0, 'u'))]
    assertFound(waitingFor([], { operations, accounts: [] }), 'I1 a registration is missing')
    assertFound(waitingFor([], { operations, mails: [] }), 'I1 neither a mail nor mail.given_up')
    assertFound(
      waitingFor([], { operations, events: [], accounts: [] }),
      'I1 half a registration: a mail, and no user.registered',
    )
  })

  it('finds an account or an acknowledged registration without its event', () =>
    assertFound(
      waitingFor([], { events: [] }),
      'I1 an acknowledged registration without its user.registered',
      'I1 an account without its user.registered',
    ))

  it('finds an acknowledged registration without mail, unless that was given up', () => {
    assertFound(waitingFor([], { mails: [] }), 'I1 neither a mail nor mail.given_up')
    const events = [event('user.registered', 'r', 'u'), event('mail.given_up', 'r', 'u')]
    assertFine(waitingFor([], { mails: [], events }))
  })

  it('finds a new code that was never mailed', () =>
    assertFound(waitingFor([resends('s', 500)]), 'I1 neither a mail nor mail.given_up'))

  it('finds a lost activation', () => {
    assertFound(
      journey({ accounts: [pending('u')] }),
      'I1 an acknowledged activation is missing',
      'I4 a user.activated for an account that is not active',
    )
    const me = operation('m', 2000, { kind: 'me', status: 200, body: { is_active: false } })
    assertFound(
      journey({ operations: [...journey().operations, me] }),
      'I1 an acknowledged activation is not known any more',
    )
  })

  it('finds an activated account that was replaced', () => {
    const { operations, mails, events } = journey()
    assertFound(
      evidence({
        operations: [...operations, again],
        mails: [...mails, mail('r2', 70_050, '5678')],
        events: [...events, event('user.registered', 'r2', 'u2'), event('user.activated', 'b', 'u2')],
        accounts: [active('u2')],
      }),
      'I1 an activated account was replaced',
      'I4 a user.activated for an account that is not active',
      'I4 an event that no request explains',
    )
  })

  it('finds credentials that were acknowledged and are not known any more', () => {
    const me = operation('m', 80_000, { kind: 'me', ...refused(401, 'invalid_credentials') })
    assertFound(waitingFor([me]), 'I1 an acknowledged registration is not known any more')
    assertFine(evidence({ ...replaced, operations: [...replaced.operations, me] }))
  })

  it('finds what still waits to leave', () =>
    assertFound(
      journey({ waiting: [{ topic: 'event', userId: 'u', id: 'e' }] }),
      'I1 still in the outbox after everything is quiet',
    ))
})

describe('check of I2', () => {
  it('finds an account that was activated twice', () =>
    assertFound(activating([activates('b', 1000, '1234')]), 'I2 activated twice'))
})

describe('check of I3', () => {
  it('finds a code that was accepted late, as far as anybody can know', () => {
    const late = (change: Partial<Evidence> = {}) => activating([], 50 + TTL + 3000, change)
    assertFound(late(), 'I3 accepted a code that had run out')
    assertFine(late({ troubles: [{ from: 40, until: 90 }] }))
    assertFine(late({ mails: [mail('r', 50, '1234'), mail('r', 10_000, '1234')] }))
    assertFine(activating([], 50 + TTL))
  })

  it('finds a code that was accepted after three wrong guesses', () =>
    assertFound(
      activating([guessesWrong('1', 100, 2), guessesWrong('2', 200, 1), guessesWrong('3', 300, 0)]),
      'I3 accepted a code after three wrong guesses',
      'I3 more than three guesses at one code',
    ))

  it('finds a guess that was free', () => {
    const [first, second] = [guessesWrong('1', 100, 2), guessesWrong('2', 200, 2)]
    assertFound(waitingFor([first, second]), 'I3 a guess that was not counted')
  })

  it('finds a code that was accepted after another one had replaced it', () =>
    assertFound(
      activating([resends('s', 500)], 1000, { mails: [mail('r', 50, '1234'), mail('s', 550, '5678')] }),
      'I3 accepted a code that was replaced',
    ))

  it('finds a code that was never mailed, or not for this password', () => {
    assertFound(journey({ mails: [mail('r', 50, '4321')] }), 'I3 accepted a code that was never mailed')
    const operations = [...replaced.operations, activates('a', 71_000, '1234', { password: again.password })]
    const events = [...replaced.events, event('user.activated', 'a', 'u2')]
    assertFound(
      evidence({ ...replaced, operations, events, accounts: [active('u2')] }),
      'I3 accepted a code mailed for another registration',
    )
  })

  it('finds two codes for one request', () =>
    assertFound(
      journey({ mails: [mail('r', 50, '1234'), mail('r', 60, '5678')] }),
      'I3 two different mails for one request',
    ))

  it('finds a mail that nobody asked for', () =>
    assertFound(
      journey({ mails: [mail('r', 50, '1234'), mail('a', 1060, '5678')] }),
      'I3 a mail that nobody asked for',
    ))
})

describe('check of I4', () => {
  const ACTIVATED = event('user.activated', 'a', 'u')
  const REGISTERED = event('user.registered', 'r', 'u')

  it('finds an activated account without its event, or with two', () => {
    assertFound(journey({ events: [REGISTERED] }), 'I4 an activated account with 0 ids of user.activated')
    assertFound(
      journey({ events: [REGISTERED, ACTIVATED, { ...ACTIVATED, id: 'another' }] }),
      'I4 an activated account with 2 ids of user.activated',
    )
  })

  it('finds an event for an account that was never activated', () =>
    assertFound(
      waitingFor([], { events: [REGISTERED, ACTIVATED] }),
      'I4 a user.activated for an account that is not active',
      'I4 an event that no request explains',
    ))

  it('finds an event that changes, and one that overtakes another', () => {
    assertFound(
      journey({ events: [REGISTERED, ACTIVATED, { ...ACTIVATED, text: 'something else' }] }),
      'I4 one id with different contents',
    )
    assertFound(
      journey({ events: [ACTIVATED, REGISTERED] }),
      'I4 an event before the user.registered of its user',
    )
  })
})

describe('check of I5', () => {
  it('finds an undocumented answer', () => {
    const told = (more: Partial<Operation>) => waitingFor([operation('m', 500, { kind: 'me', ...more })])
    assertFound(told({ outcome: 'unknown', ...refused(500, 'internal_error') }), 'I5 an undocumented answer')
    assertFound(told(refused(404, 'not_found')), 'I5 an undocumented answer')
    assertFound(told({ outcome: 'unknown', status: 502 }), 'I5 an undocumented answer')
    assertFound(told(refused(503, 'unavailable')), 'I5 an undocumented answer')
    assertFine(told({ outcome: 'unknown', status: 503, problem: 'unavailable', retryAfter: 1 }))
  })

  it('finds a refusal with an effect', () =>
    assertFound(
      journey({
        operations: [registers('r', 0, 'u'), activates('a', 1000, '1234', refused(422, 'expired_code'))],
      }),
      'I5 refused, and done nevertheless',
    ))

  it('finds somebody who is called active too soon', () => {
    const me = operation('m', 500, { kind: 'me', status: 200, body: { is_active: true } })
    assertFound(waitingFor([me]), 'I5 called active, and nobody has activated it')
  })

  it('finds a registration that was replaced while its code was live', () => {
    const early = { ...again, askedAt: 30_000, answeredAt: 30_010 }
    const tooEarly = { ...replaced, operations: [registers('r', 0, 'u'), early] }
    assertFound(evidence(tooEarly), 'I5 a registration was replaced while its code was live')
    assertFine(evidence({ ...tooEarly, losses: [{ from: 20_000, until: 20_010 }] }))
  })
})
