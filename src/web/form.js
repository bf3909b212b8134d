import { duration, message, problem, rule } from './words.js'

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

/**
 * What the forms of this page have in common: submitted once at a time, every error beside its field, what was
 * typed left alone.
 * @param {HTMLElement} section
 * @param {() => Promise<void>} submit
 */
export const createForm = (section, submit) => {
  const form = find('form', section)
  const notice = find('.notice', section)
  const button = find('button[type="submit"]', section)
  /** @type {HTMLInputElement[]} */
  const inputs = [...form.querySelectorAll('input')]
  let busy = false

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

  /** @param {string} text */
  const showNotice = text => {
    notice.textContent = text
    notice.hidden = false
  }

  /** Puts a person where the first error is, and has it read to them. */
  const focusFirstError = () => inputs.find(input => input.getAttribute('aria-invalid'))?.focus()

  const run = async () => {
    if (busy) return
    clear()
    const empty = inputs.filter(({ value }) => value === '')
    for (const input of empty) showError(input, message('required'))
    if (empty.length > 0) return focusFirstError()
    busy = true
    button.setAttribute('aria-disabled', 'true')
    try {
      await submit()
    } finally {
      busy = false
      button.removeAttribute('aria-disabled')
    }
  }

  form.addEventListener('submit', event => {
    event.preventDefault()
    void run()
  })
  for (const toggle of section.querySelectorAll('[data-shows]')) watch(/** @type {HTMLElement} */ (toggle))

  return {
    run,
    clear,
    showNotice,

    /** @param {string} name @param {string} text */
    showErrorAt: (name, text) => {
      showError(find(`input[name="${name}"]`, form), text)
      focusFirstError()
    },

    /** Every error of a problem document beside its field; the rest above the form. @param {Failed} failed */
    showProblem: failed => {
      const texts = new Map(inputs.map(input => [input, /** @type {string[]} */ ([])]))
      for (const { pointer, rule: name, detail } of failed.errors) {
        const input = inputs.find(input => pointer === `/${input.name}`)
        if (input) texts.get(input)?.push(rule(name, detail))
      }
      for (const [input, lines] of texts) showError(input, lines.join(' · '))
      showNotice(wordsFor(failed))
      focusFirstError()
    },
  }
}

/** @param {Failed} failed */
export const wordsFor = ({ code, retryAfter, id }) =>
  problem(code, { time: duration(retryAfter) }) ?? problem('other', { id }) ?? code

/** A button that shows a password as it is, or hides it again. @param {HTMLElement} toggle */
const watch = toggle => {
  const input = /** @type {HTMLInputElement} */ (find(`#${toggle.dataset.shows}`))
  const showLabel = toggle.textContent
  toggle.addEventListener('click', () => {
    const shown = input.type === 'password'
    input.type = shown ? 'text' : 'password'
    toggle.setAttribute('aria-pressed', String(shown))
    toggle.textContent = shown ? message('hide') : showLabel
  })
}
