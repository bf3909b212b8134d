import { codeStatus } from './api.js'
import { createForm, find } from './form.js'

/**
 * For whoever comes back: the page has been loaded again, and remembers no password.
 * @param {{ signedIn: (credentials: import('./api.js').Credentials) => void, alreadyActive: (email: string) => void }} next
 */
export const startSignIn = next => {
  const section = find('#sign-in')
  /** @type {HTMLInputElement} */
  const email = find('#sign-in-email')

  const form = createForm(section, {
    ask: codeStatus,
    take: (answer, credentials) => {
      if (answer.ok) next.signedIn(credentials)
      else if (answer.code === 'already_active') next.alreadyActive(credentials.email)
      else form.showProblem(answer)
    },
  })

  return {
    section,
    /** @param {string} known */
    enter: known => {
      if (known !== '') email.value = known
    },
    leave: form.leave,
  }
}
