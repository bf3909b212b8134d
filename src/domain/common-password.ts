import { COMMON_PASSWORDS } from './common-passwords.ts'

/**
 * How many digits and signs around a word still count as decoration: what cracking programs try first. With
 * more of them, it is they that carry the password.
 */
const MOST_DECORATION = 8

/** Letters that people replace, and what they replace them with. */
const REPLACED: Record<string, string> = { '@': 'a', 4: 'a', 3: 'e', 1: 'i', 0: 'o', $: 's', 5: 's', 7: 't' }

/**
 * True for a common password in the dress that composition rules ask for: `Password123!`, `P@ssw0rd-2024`,
 * `!!Sunshine1985`. Lists of leaked passwords hold hardly any that meet such rules; what people make of them
 * when a form insists is a capital in front, digits and signs around, and a letter or two replaced.
 */
export const isCommonPassword = (password: string): boolean => {
  const lower = password.toLowerCase()
  const word = lower.replace(/^[^\p{L}@$]+/u, '').replace(/[^\p{L}@$]+$/u, '')
  const bare = lower.replace(/^\P{L}+/u, '').replace(/\P{L}+$/u, '')
  const cores = [bare, undisguised(bare), undisguised(word)].filter(
    core => [...lower].length - [...core].length <= MOST_DECORATION,
  )
  // Without its signs only: the list has words with digits in them, such as qwerty123456.
  const plain = lower.replace(/[^\p{L}\p{Nd}]/gu, '')
  return [...cores, plain].some(candidate => COMMON_PASSWORDS.has(candidate))
}

const undisguised = (word: string): string => word.replace(/[@$0-9]/g, sign => REPLACED[sign] ?? sign)
