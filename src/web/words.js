/** What this page says while it runs, in the language that the server chose; it stands in the page itself. */

/** @typedef {{ messages: Record<string, any>, problems: Record<string, string>, rules: Record<string, string> }} Words */

/** @type {Words} */
const words = JSON.parse(document.body.dataset.words ?? '')
const language = document.documentElement.lang

/**
 * A message with its placeholders filled in; one with plural forms goes by `count`.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export const message = (name, values = {}) => {
  const text = words.messages[name]
  if (typeof text === 'string') return fill(text, values)
  return fill(text[new Intl.PluralRules(language).select(Number(values.count))] ?? text.other, values)
}

/** What to tell a person about a problem; `undefined` for a code without words. @param {string} code @param {Record<string, string>} [values] */
export const problem = (code, values = {}) => {
  const text = words.problems[code]
  return text === undefined ? undefined : fill(text, values)
}

/** The words for a broken rule, or those of the API. @param {string} rule @param {string} detail */
export const rule = (rule, detail) =>
  words.rules[rule] ?? (rule.startsWith('email_') ? words.rules.email_other : undefined) ?? detail

/** "42 seconds", "3 minutes", "2 hours". @param {number} seconds */
export const duration = seconds => {
  const [count, unit] =
    seconds < 120
      ? [Math.ceil(seconds), 'second']
      : seconds < 7200
        ? [Math.ceil(seconds / 60), 'minute']
        : [Math.ceil(seconds / 3600), 'hour']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/** @param {string} text @param {Record<string, string | number>} values */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
