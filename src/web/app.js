import { startEnterCode } from './enter-code.js'
import { find } from './form.js'
import { startRegister } from './register.js'
import { startSignIn } from './sign-in.js'
import { message } from './words.js'

/**
 * Which step is shown stands in the address (`#enter-code`), so that going back and loading again work. Whose
 * step it is stands in the state of that entry of the history: loading again keeps it, and no browser refuses
 * it, as some do with storage. A password is kept in memory only, and forgotten when its step is left.
 */

const register = startRegister({
  registered: (credentials, quietly) => {
    enterCode.enter(credentials, quietly)
    goTo('enter-code', credentials.email)
  },
})
const signIn = startSignIn({
  signedIn: credentials => {
    enterCode.enter(credentials, false)
    goTo('enter-code', credentials.email)
  },
  alreadyActive: email => done(email),
})
const enterCode = startEnterCode({ activated: email => done(email) })

const steps = {
  register,
  'sign-in': signIn,
  'enter-code': enterCode,
  done: { section: find('#done'), leave: () => {} },
}

/** @typedef {keyof typeof steps} Step */

/** @type {Step} */
let shown = 'register'
let finished = false

/** @param {string} email */
const done = email => {
  finished = true
  find('#verified').textContent = message('verified', { email })
  goTo('done', '')
}

/** @param {string} step @param {string} email */
const goTo = (step, email) => {
  // Going back from the end leads to a beginning, not to a code that counts no more.
  const instead = step === 'done' || location.hash === `#${step}`
  history[instead ? 'replaceState' : 'pushState']({ email }, '', `#${step}`)
  show({ focus: true })
}

/** The step that the address names, as far as it makes sense. @returns {Step} */
const current = () => {
  const asked = location.hash.slice(1)
  if (asked === 'enter-code') return enterCode.isReady() ? 'enter-code' : 'sign-in'
  if (asked === 'sign-in') return 'sign-in'
  return asked === 'done' && finished ? 'done' : 'register'
}

/** @param {{ focus: boolean }} options */
const show = ({ focus }) => {
  const step = current()
  if (step !== shown) steps[shown].leave()
  shown = step
  if (step === 'sign-in') signIn.enter(history.state?.email ?? '')
  for (const [name, { section }] of Object.entries(steps)) section.hidden = name !== step
  const heading = find('h1', steps[step].section)
  document.title = `${heading.textContent} · ${document.body.dataset.title}`
  if (!focus) return
  // Whoever cannot see the step change hears its heading; whoever is to type the code can do so at once.
  if (step === 'enter-code') find('#code').focus()
  else heading.focus()
}

for (const link of document.querySelectorAll('[data-goes-to]')) {
  link.addEventListener('click', () => {
    goTo(/** @type {HTMLElement} */ (link).dataset.goesTo ?? '', register.email())
  })
}
addEventListener('popstate', () => show({ focus: true }))
show({ focus: false })
