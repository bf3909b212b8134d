import { duration, message, problem, rule } from './words.js'

/** @typedef {import('./api.js').Answered} Answered */
/** @typedef {import('./api.js').Failed} Failed */

/** An element of this page that is known to be there. @template {Element} [E=HTMLElement] @param {string} selector @param {ParentNode} [inside] @returns {E} */
export const find = (selector, inside = document) => {
  const found = inside.querySelector(selector)
  if (!found) throw new Error(`nothing is ${selector}`)
  return /** @type {E} */ (found)
}

/** Says something to whoever cannot see what has changed. @param {string} text */
export const announce = text => {
  find('#announcement').textContent = text
}

/** A button that can still be found and read by whoever goes from one to the next, unlike with `disabled`. @param {Element} button @param {boolean} disabled */
export const setDisabled = (button, disabled) => {
  if (disabled) button.setAttribute('aria-disabled', 'true')
  else button.removeAttribute('aria-disabled')
}

/**
 * What the forms of this page have in common: submitted once at a time, every error beside its field, what was
 * typed left alone, a late answer not taken any more when its step has been left.
 * @param {HTMLElement} section
 * @param {{ ask: (typed: any) => Promise<Answered | Failed> | undefined, take: (answer: Answered | Failed, typed: any) => void }} request
 *   `ask` sends what was typed, by the names of the fields, unless it has found an error itself
 */
export const createForm = (section, { ask, take }) => {
  const form = find('form', section)
  const notice = find('.notice', section)
  const button = find('button[type="submit"]', section)
  /** @type {HTMLInputElement[]} */
  const inputs = Array.from(form.querySelectorAll('input[name]'))
  /** @type {HTMLInputElement[]} */
  const switches = Array.from(form.querySelectorAll('[data-shows]'))
  /** @param {HTMLInputElement} box @returns {HTMLInputElement} */
  const passwordOf = box => find(`#${box.dataset.shows}`)
  /** @type {Promise<Answered | Failed> | undefined} */
  let asked

  /** @param {HTMLInputElement} input @param {string} text */
  const showError = (input, text) => {
    const error = find(`#${input.id}-error`)
    error.textContent = text
    error.hidden = text === ''
    if (text === '') input.removeAttribute('aria-invalid')
    else input.setAttribute('aria-invalid', 'true')
  }

  const clear = () => {
    notice.hidden = true
    for (const input of inputs) showError(input, '')
  }

  /** Puts a person where the first error is, and has it read to them, also where they have been there before. */
  const focusFirstError = () => {
    const input = inputs.find(input => input.getAttribute('aria-invalid'))
    if (!input) return
    if (input === document.activeElement) announce(find(`#${input.id}-error`).textContent ?? '')
    input.focus()
  }

  const run = async () => {
    if (asked) return
    clear()
    const empty = inputs.filter(({ value }) => value === '')
    for (const input of empty) showError(input, message('required'))
    if (empty.length > 0) return focusFirstError()
    const typed = Object.fromEntries(
      inputs.map(({ name, value }) => [name, name === 'password' ? value : value.trim()]),
    )
    const mine = ask(typed)
    if (!mine) return
    asked = mine
    setDisabled(button, true)
    const answer = await mine
    if (asked !== mine) return
    asked = undefined
    setDisabled(button, false)
    take(answer, typed)
  }

  form.addEventListener('submit', event => {
    event.preventDefault()
    void run()
  })

  for (const box of switches) {
    box.addEventListener('change', () => {
      passwordOf(box).type = box.checked ? 'text' : 'password'
    })
  }

  return {
    run,
    clear,

    /** When its step is left: nothing secret stays behind. */
    leave: () => {
      asked = undefined
      setDisabled(button, false)
      clear()
      for (const box of switches) {
        box.checked = false
        Object.assign(passwordOf(box), { value: '', type: 'password' })
      }
    },

    /** @param {string} name @param {string} text */
    showErrorAt: (name, text) => {
      showError(find(`input[name="${name}"]`, form), text)
      focusFirstError()
    },

    /** Every error of a problem document beside its field; what it means as a whole above the form, with the way out. @param {Failed} failed */
    showProblem: failed => {
      for (const input of inputs) {
        const errors = failed.errors.filter(({ pointer }) => pointer === `/${input.name}`)
        showError(input, errors.map(({ rule: name, detail }) => rule(name, detail)).join(' · '))
      }
      find('p', notice).textContent = wordsFor(failed)
      for (const wayOut of notice.querySelectorAll('button'))
        wayOut.hidden = wayOut.dataset.for !== failed.code
      notice.hidden = false
      focusFirstError()
    },
  }
}

/** @param {Failed} failed */
export const wordsFor = ({ code, retryAfter, id }) =>
  problem(code, { time: duration(retryAfter) }) ?? problem('other', { id }) ?? code
