import { startEnterCode } from './enter-code.js'
import { find } from './form.js'
import { startRegister } from './register.js'
import { startSignIn } from './sign-in.js'
import { message } from './words.js'

/**
 * Which step is shown stands in the address (`#enter-code`), so that going back and loading again work. The
 * address of the person is remembered for this tab; the password only in memory, and not after the last step.
 */

const EMAIL = 'vestibule.email'
const subject = document.body.dataset.subject ?? ''

const register = startRegister({
  registered: (credentials, quietly) => {
    sessionStorage.setItem(EMAIL, credentials.email)
    enterCode.enter(credentials, quietly)
    goTo('enter-code')
  },
})
const signIn = startSignIn({
  signedIn: credentials => {
    sessionStorage.setItem(EMAIL, credentials.email)
    enterCode.enter(credentials, false)
    goTo('enter-code')
  },
  alreadyActive: email => done(email),
})
const enterCode = startEnterCode({ subject, activated: email => done(email) })

const sections = {
  register: register.section,
  'sign-in': signIn.section,
  'enter-code': enterCode.section,
  done: find('#done'),
}

/** @typedef {keyof typeof sections} Step */

let finished = false

/** @param {string} email */
const done = email => {
  finished = true
  sessionStorage.removeItem(EMAIL)
  find('#verified').textContent = message('verified', { email })
  goTo('done')
}

/** @param {string} step */
const goTo = step => {
  if (location.hash === `#${step}`) show()
  else location.hash = step
}

/** The step that the address names, as far as it makes sense. @returns {Step} */
const current = () => {
  const asked = location.hash.slice(1)
  if (asked === 'enter-code') return enterCode.isReady() ? 'enter-code' : 'sign-in'
  if (asked === 'sign-in') return 'sign-in'
  return asked === 'done' && finished ? 'done' : 'register'
}

/** @param {{ focus: boolean }} [options] */
const show = ({ focus } = { focus: true }) => {
  const step = current()
  if (step !== 'enter-code') enterCode.leave()
  if (step === 'sign-in') signIn.enter(sessionStorage.getItem(EMAIL) ?? '')
  for (const [name, section] of Object.entries(sections)) section.hidden = name !== step
  const heading = find('h1', sections[step])
  document.title = `${heading.textContent} · ${document.body.dataset.title}`
  if (!focus) return
  // Whoever cannot see the step change hears its heading; whoever is to type the code can do so at once.
  if (step === 'enter-code') find('#code').focus()
  else heading.focus()
}

for (const link of document.querySelectorAll('[data-goes-to]')) {
  link.addEventListener('click', () => goTo(/** @type {HTMLElement} */ (link).dataset.goesTo ?? ''))
}
addEventListener('hashchange', () => show())
show({ focus: false })
