import { announce, find, setDisabled } from './form.js'
import { duration, message } from './words.js'

/** Seconds left at which the time is said aloud. */
const SAID_AT = [60, 30, 10]
/** More than once a second, so that no second is skipped. */
const TICK_MS = 250
/** The bar is full at the time that codes usually have, also for whoever comes when half of it is over. */
const USUAL_SECONDS = 60

/**
 * What is known of the newest code. Times are on the clock of `performance.now()`; that of a code does not run
 * before its mail has been sent.
 * @typedef {{ length: number, attemptsLeft: number, endsAt: number | undefined }} Code
 * @typedef {{ code: Code | undefined, meanwhile: string, resendAt: number, resending: boolean }} CodeState
 *   `meanwhile`: what there is to say while no time runs
 */

/** @param {number} seconds */
export const inSeconds = seconds => performance.now() + seconds * 1000

/** @param {number} at */
const secondsUntil = at => Math.max(0, Math.ceil((at - performance.now()) / 1000))

/** @param {Code} code */
const secondsLeft = code => code.endsAt && secondsUntil(code.endsAt)

/** @param {Code | undefined} code */
export const isLive = code => code !== undefined && code.attemptsLeft > 0 && secondsLeft(code) !== 0

/** Shows how the code is doing, and keeps the seconds right. */
export const createCodeView = () => {
  const label = find('label[for="code"]')
  const time = find('.time')
  const line = find('#code-status')
  const submitButton = find('#enter-code button[type="submit"]')
  const resendButton = find('#resend')
  const words = { label: label.textContent ?? '', resend: resendButton.textContent ?? '' }
  /** @type {number | undefined} */
  let ticking
  let wholeTime = USUAL_SECONDS
  let said = { text: '', left: Number.POSITIVE_INFINITY }

  /** @param {CodeState} state */
  const show = state => {
    clearTimeout(ticking)
    const { code } = state
    const isDead = code !== undefined && !isLive(code)
    const text = statusText(state)
    setText(label, code ? message('code_of', { length: code.length }) : words.label)
    setText(line, text)
    line.classList.toggle('dead', isDead)
    showTime(code, isDead)
    speak(code, isDead, text)
    // What has the focus must not vanish from under it.
    if (isDead && submitButton === document.activeElement) resendButton.focus()
    submitButton.hidden = isDead

    const wait = secondsUntil(state.resendAt)
    setText(resendButton, wait > 0 ? message('resend_in', { time: duration(wait) }) : words.resend)
    resendButton.classList.toggle('main', isDead)
    setDisabled(resendButton, wait > 0 || state.resending)
    if (wait > 0 || (code && !isDead && code.endsAt)) ticking = setTimeout(() => show(state), TICK_MS)
  }

  /** @param {Code | undefined} code @param {boolean} isDead */
  const showTime = (code, isDead) => {
    time.hidden = isDead || !code?.endsAt
    if (time.hidden || !code?.endsAt) return
    const left = (code.endsAt - performance.now()) / 1000
    wholeTime = Math.max(wholeTime, left)
    time.style.setProperty('--left', String(left / wholeTime))
  }

  /** Not every second: only now and then, and when it is over. @param {Code | undefined} code @param {boolean} isDead @param {string} text */
  const speak = (code, isDead, text) => {
    const left = (code && secondsLeft(code)) ?? Number.POSITIVE_INFINITY
    // More than was left: another code. One second more is how seconds are rounded.
    if (left > said.left + 1) said = { text: '', left: Number.POSITIVE_INFINITY }
    const isDue = isDead || SAID_AT.some(at => left <= at && at < said.left)
    if (isDue && text !== said.text) announce(text)
    said = { text: isDue ? text : said.text, left: Math.min(left, said.left) }
  }

  return { show, stop: () => clearTimeout(ticking) }
}

/** @param {CodeState} state */
const statusText = ({ code, meanwhile }) => {
  if (!code) return meanwhile
  const { attemptsLeft, endsAt } = code
  if (attemptsLeft === 0) return message(endsAt === undefined ? 'not_sent' : 'exhausted')
  const left = secondsLeft(code)
  if (left === 0) return message('expired')
  const attempts = attemptsLeft < 3 ? ` · ${message('attempts_left', { count: attemptsLeft })}` : ''
  return (left === undefined ? meanwhile : message('time_left', { time: duration(left) })) + attempts
}

/** Nothing is changed that stays as it is: whatever watches the page would take it for news. @param {HTMLElement} element @param {string} text */
const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}
