import { passwordRules, register } from './api.js'
import { createForm, find } from './form.js'
import { message, rule } from './words.js'

/**
 * The first step: an address and a password.
 * @param {{ registered: (credentials: import('./api.js').Credentials, quietly: boolean) => void }} next
 */
export const startRegister = next => {
  const section = find('#register')
  /** @type {HTMLInputElement} */
  const email = find('#register-email')
  /** @type {HTMLInputElement} */
  const password = find('#register-password')

  const form = createForm(section, {
    ask: register,
    take: (answer, { email, password }) => {
      if (!answer.ok) return form.showProblem(answer)
      next.registered({ email: answer.body.email ?? email, password }, answer.status === 202)
    },
  })

  /** @type {{ item: HTMLLIElement, state: HTMLElement, expression: RegExp }[]} */
  let rules = []
  const judge = () => {
    for (const { item, state, expression } of rules) {
      const met = password.value !== '' && expression.test(password.value.normalize('NFC'))
      item.classList.toggle('met', met)
      state.textContent = ` (${message(met ? 'rule_met' : 'rule_unmet')})`
    }
  }
  password.addEventListener('input', judge)

  // What even an empty password keeps need not be promised: an error says it when it is broken.
  rules = passwordRules().flatMap(({ rule: name, pattern, detail }) => {
    const expression = new RegExp(pattern, 'u')
    if (expression.test('')) return []
    const item = document.createElement('li')
    const state = document.createElement('span')
    state.className = 'unseen'
    item.append(rule(name, detail), state)
    return [{ item, state, expression }]
  })
  find('#password-rules').replaceChildren(...rules.map(({ item }) => item))
  judge()

  return {
    section,
    /** The address typed so far, for whoever goes on with it elsewhere. */
    email: () => email.value.trim(),
    leave: () => {
      form.leave()
      judge()
    },
  }
}
