import { activate, codeStatus, resend } from './api.js'
import { createCodeView, inSeconds, isLive } from './code-view.js'
import { announce, createForm, find, wordsFor } from './form.js'
import { message } from './words.js'

/** How long to wait before asking again whether the mail has been sent, each time. Each costs the server a hash. */
const ASK_AGAIN_MS = [500, 1000, 2000, 3000, 5000, 10_000]

/**
 * The second step: the code, while its minute runs.
 * @param {{ activated: (email: string) => void }} next
 */
export const startEnterCode = next => {
  const section = find('#enter-code')
  /** @type {HTMLInputElement} */
  const input = find('#code')
  const resendButton = find('#resend')
  const view = createCodeView()

  /** @type {import('./api.js').Credentials | undefined} */
  let credentials
  /** @type {import('./code-view.js').CodeState} */
  let state
  /** False once the API has said that these credentials are nobody's. */
  let mayAsk = false
  let isQuiet = false
  let waiting = ''
  let lastTried = ''
  let timesAsked = 0
  /** Changes when an answer that is still to come would tell of something old. */
  let turn = 0
  /** @type {number | undefined} */
  let asking

  const form = createForm(section, {
    ask: () => {
      const typed = digits()
      const length = state.code?.length ?? typed.length
      const error = !/^[0-9]+$/.test(typed)
        ? message('code_digits')
        : typed.length !== length && message('code_length', { length })
      // Said here, because a guess that cannot be right would cost one of three.
      if (error) return void form.showErrorAt('code', error)
      lastTried = typed
      return credentials && activate(credentials, typed)
    },
    take: answer => {
      if (answer.ok || answer.code === 'already_active') return finish()
      turn += 1
      input.select()
      if (!judged(answer)) form.showProblem(answer)
      view.show(state)
      if (state.code?.endsAt === undefined) lookSoon()
    },
  })

  /** What a guess has done to the code; false when it was not even looked at. @param {import('./api.js').Failed} answer */
  const judged = ({ code: verdict, attemptsLeft = 0, ...rest }) => {
    const { code } = state
    if (verdict === 'wrong_code' && attemptsLeft > 0) {
      if (code) code.attemptsLeft = attemptsLeft
      const error = wordsFor({ code: verdict, ...rest })
      form.showErrorAt('code', error)
      announce(`${error} ${message('attempts_left', { count: attemptsLeft })}`)
      return true
    }
    if (!['wrong_code', 'exhausted_code', 'expired_code'].includes(verdict)) return false
    // Dead: the line that says so is enough.
    const length = code?.length ?? digits().length
    state.code = { length, attemptsLeft: verdict === 'expired_code' ? 1 : 0, endsAt: performance.now() }
    return true
  }

  /** "12 34", "12-34" and the like are what people paste. */
  const digits = () => input.value.replace(/[\s\-–]/g, '')

  const submitWhenFull = () => {
    const typed = digits()
    if (isLive(state.code) && typed.length === state.code?.length && typed !== lastTried) void form.run()
  }
  input.addEventListener('input', submitWhenFull)

  resendButton.addEventListener('click', async () => {
    if (resendButton.getAttribute('aria-disabled') || !credentials) return
    state.resending = true
    view.show(state)
    const mine = credentials
    const answer = await resend(mine)
    if (mine !== credentials) return
    state.resending = false
    form.clear()
    if (answer.ok) {
      startAnew(message('resent'))
      state.resendAt = inSeconds(answer.body.retry_after)
      announce(waiting)
      input.value = ''
      input.focus()
      lookSoon()
    } else if (answer.code === 'already_active') return finish()
    else {
      if (answer.code === 'rate_limited') state.resendAt = inSeconds(answer.retryAfter)
      form.showProblem(answer)
    }
    view.show(state)
  })

  /** Nothing is known of the newest code. @param {string} text what to say until its time runs */
  const startAnew = text => {
    turn += 1
    clearTimeout(asking)
    waiting = text
    state = { code: undefined, meanwhile: text, resendAt: 0, resending: false }
    mayAsk = true
    lastTried = ''
    timesAsked = 0
  }

  /** Asks how the code is doing, again and again until its time runs: that begins when its mail has been sent. */
  const look = async () => {
    if (!credentials || !mayAsk) return
    turn += 1
    const mine = turn
    const answer = await codeStatus(credentials)
    if (mine !== turn) return
    if (answer.ok) {
      const { length, attempts_left: attemptsLeft, expires_in: left, resend_in } = answer.body
      state.code = { length, attemptsLeft, endsAt: left === null ? undefined : inSeconds(left) }
      state.resendAt = inSeconds(resend_in)
      state.meanwhile = waiting || message('on_its_way')
      showWhere()
    } else if (answer.code === 'already_active') return finish()
    else {
      // Whoever had an account before has another password: nothing more is to be learnt here.
      mayAsk = answer.code !== 'invalid_credentials'
      if (mayAsk || !isQuiet) state.meanwhile = wordsFor(answer)
    }
    view.show(state)
    // Somebody can be faster than the answer that says how long the code is.
    submitWhenFull()
    const { code } = state
    if (!code || (isLive(code) && code.endsAt === undefined)) lookSoon(answer.ok ? 0 : answer.retryAfter)
  }

  /** @param {number} [atLeast] seconds */
  const lookSoon = (atLeast = 0) => {
    clearTimeout(asking)
    const pause = ASK_AGAIN_MS[Math.min(timesAsked, ASK_AGAIN_MS.length - 1)] ?? 0
    timesAsked += 1
    asking = setTimeout(lookIfSeen, Math.max(pause, atLeast * 1000))
  }

  const lookIfSeen = () => {
    if (!document.hidden) void look()
  }

  // Clocks stand still while a device sleeps, and much can have happened in another window.
  const comeBack = () => {
    clearTimeout(asking)
    asking = setTimeout(lookIfSeen)
  }
  document.addEventListener('visibilitychange', comeBack)
  addEventListener('focus', comeBack)

  /** Where the code is to be found, as far as that may be told. */
  const showWhere = () => {
    const { subject = '' } = document.body.dataset
    const { email = '' } = credentials ?? {}
    const name = isQuiet && !state.code ? 'quietly_sent_to' : 'sent_to'
    find('#sent-to').textContent = message(name, { email, subject })
  }

  const finish = () => {
    const { email = '' } = credentials ?? {}
    next.activated(email)
  }

  return {
    section,
    /** True while it knows whose code it waits for. */
    isReady: () => credentials !== undefined,
    /** @param {import('./api.js').Credentials} given @param {boolean} quietly nobody may know yet what has been sent */
    enter: (given, quietly) => {
      credentials = given
      isQuiet = quietly
      startAnew(quietly ? '' : message('on_its_way'))
      showWhere()
      view.show(state)
      void look()
    },
    /** Forgets the password, too. */
    leave: () => {
      credentials = undefined
      startAnew('')
      view.stop()
      input.value = ''
      form.leave()
    },
  }
}
