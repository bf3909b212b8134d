import { activate, codeStatus, resend } from './api.js'
import { announce, createForm, find, wordsFor } from './form.js'
import { duration, message } from './words.js'

/** How long to wait before asking again whether the mail has been sent, each time. Each costs the server a hash. */
const ASK_AGAIN_MS = [500, 1000, 2000, 3000, 5000, 10_000]
/** Seconds left at which the time is said aloud. */
const SAID_AT = [60, 30, 10]

/** @typedef {{ length: number, attempts_left: number, expires_in: number | null, resend_in: number }} CodeStatus */

/**
 * The second step: the code, while its minute runs.
 * @param {{ subject: string, activated: (email: string) => void }} next
 */
export const startEnterCode = next => {
  const section = find('#enter-code')
  /** @type {HTMLInputElement} */
  const input = find('#code')
  const time = find('.time', section)
  const line = find('#code-status')
  const submitButton = find('button[type="submit"]', section)
  const resendButton = find('#resend')
  const resendLabel = resendButton.textContent ?? ''
  /** @type {import('./api.js').Credentials} */
  let credentials = { email: '', password: '' }
  /** @type {CodeStatus | undefined} */
  let status
  /** On the clock of `performance.now()`: when the status was true, and so when the minute ends. */
  let statusAt = 0
  /** Seconds that the code had when its time was first seen. */
  let wholeTime = 60
  let timesAsked = 0
  let lastTried = ''
  let resendNotice = ''
  /** @type {number | undefined} */
  let asking
  /** @type {number | undefined} */
  let ticking

  const form = createForm(section, async () => {
    const code = digits()
    if (!/^[0-9]+$/.test(code)) return form.showErrorAt('code', message('code_digits'))
    if (status && code.length !== status.length) {
      return form.showErrorAt('code', message('code_length', { length: status.length }))
    }
    lastTried = code
    const answer = await activate(credentials, code)
    if (answer.ok || answer.code === 'already_active') return finish()
    input.select()
    if (answer.code === 'wrong_code') {
      if (status) status.attempts_left = answer.attemptsLeft ?? 0
      // Of the last one it is enough to say that there is none left.
      if (answer.attemptsLeft !== 0) form.showErrorAt('code', wordsFor(answer))
      return show()
    }
    if (answer.code === 'expired_code' || answer.code === 'exhausted_code') {
      status = {
        length: 4,
        resend_in: 0,
        ...status,
        expires_in: 0,
        attempts_left: answer.code === 'exhausted_code' ? 0 : 1,
      }
      return show()
    }
    form.showProblem(answer)
  })

  /** "12 34", "12-34" and the like are what people paste. */
  const digits = () => input.value.replace(/[\s\-–]/g, '')

  input.addEventListener('input', () => {
    if (status && isLive(status) && digits().length === status.length && digits() !== lastTried)
      void form.run()
  })

  resendButton.addEventListener('click', async () => {
    if (resendButton.getAttribute('aria-disabled')) return
    const answer = await resend(credentials)
    form.clear()
    if (!answer.ok) {
      if (answer.code === 'already_active') return finish()
      if (answer.code === 'rate_limited' && status) {
        status.resend_in = answer.retryAfter + sinceStatus()
        show()
      }
      return form.showProblem(answer)
    }
    input.value = ''
    lastTried = ''
    resendNotice = message('resent')
    announce(resendNotice)
    take({
      length: status?.length ?? 4,
      attempts_left: 3,
      expires_in: null,
      resend_in: answer.body.retry_after,
    })
    askSoon(true)
    input.focus()
  })

  const sinceStatus = () => (performance.now() - statusAt) / 1000
  /** @param {CodeStatus} of */
  const secondsLeft = of => (of.expires_in === null ? undefined : Math.max(0, of.expires_in - sinceStatus()))
  /** @param {CodeStatus} of */
  const isLive = of => of.attempts_left > 0 && secondsLeft(of) !== 0

  /** @param {CodeStatus} told */
  const take = told => {
    status = told
    statusAt = performance.now()
    if (told.expires_in !== null) wholeTime = Math.max(told.expires_in, 1)
    describe()
    show()
  }

  /** Asks again until the time runs: the minute begins when the mail service has accepted the mail. */
  const ask = async () => {
    const answer = await codeStatus(credentials)
    if (answer.ok) take(answer.body)
    else if (answer.code === 'already_active') return finish()
    // Somebody who had an account before has another password: nothing more is to be learnt here.
    else if (answer.code === 'invalid_credentials') return
    if (!status || status.expires_in === null) askSoon(false)
  }

  /** @param {boolean} anew */
  const askSoon = anew => {
    clearTimeout(asking)
    timesAsked = anew ? 0 : timesAsked + 1
    asking = setTimeout(ask, ASK_AGAIN_MS[Math.min(timesAsked, ASK_AGAIN_MS.length - 1)])
  }

  const describe = () => {
    const { email } = credentials
    find('#sent-to').textContent = status
      ? message('sent_to', { email, subject: next.subject, length: status.length })
      : message('quietly_sent_to', { email })
  }

  const show = () => {
    clearTimeout(ticking)
    const left = status && secondsLeft(status)
    const text = statusText(left)
    if (line.textContent !== text) line.textContent = text
    time.hidden = !(status && isLive(status) && left !== undefined)
    time.style.setProperty('--left', String((left ?? 0) / wholeTime))
    if (left !== undefined && SAID_AT.includes(Math.ceil(left))) announce(text)
    const isDead = status !== undefined && !isLive(status)
    if (isDead) announce(text)
    line.classList.toggle('dead', isDead)
    submitButton.hidden = isDead
    resendButton.classList.toggle('main', isDead)
    const wait = status ? Math.ceil(Math.max(0, status.resend_in - sinceStatus())) : 0
    const label = wait > 0 ? message('resend_in', { time: duration(wait) }) : resendLabel
    if (resendButton.textContent !== label) resendButton.textContent = label
    if (wait > 0) resendButton.setAttribute('aria-disabled', 'true')
    else resendButton.removeAttribute('aria-disabled')
    if (wait > 0 || (left ?? 0) > 0) ticking = setTimeout(show, 1000)
  }

  /** @param {number | undefined} left */
  const statusText = left => {
    if (!status) return ''
    if (status.attempts_left === 0) return message(status.expires_in === null ? 'not_sent' : 'exhausted')
    if (left === 0) return message('expired')
    const attempts =
      status.attempts_left < 3 ? ` · ${message('attempts_left', { count: status.attempts_left })}` : ''
    if (left === undefined) return (resendNotice || message('on_its_way')) + attempts
    return message('time_left', { time: duration(Math.ceil(left)) }) + attempts
  }

  const finish = () => {
    const { email } = credentials
    leave()
    next.activated(email)
  }

  /** Forgets the password, too. */
  const leave = () => {
    clearTimeout(asking)
    clearTimeout(ticking)
    credentials = { email: '', password: '' }
    status = undefined
    resendNotice = ''
    lastTried = ''
    input.value = ''
    form.clear()
  }

  return {
    section,
    leave,
    /** True while it knows whose code it waits for. */
    isReady: () => credentials.password !== '',
    /** @param {import('./api.js').Credentials} given @param {boolean} quietly */
    enter: (given, quietly) => {
      credentials = given
      describe()
      show()
      if (!quietly) void ask()
      else askSoon(true)
    },
  }
}
