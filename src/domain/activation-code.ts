/** Three guesses forgive two slips of the finger; each further one would add a third to an attacker's chance. */
export const GUESSES_PER_CODE = 3

/**
 * How long a code is, by the number of wrong guesses the ledger holds against its address. An honest user
 * stays in the first row. An attacker gets at most 9 + 3 guesses at 1/10⁴, 90 + 3 at 1/10⁶, then 1/10⁸.
 */
export const CODE_LENGTHS = [
  { fromWrongGuesses: 0, digits: 4 },
  { fromWrongGuesses: 10, digits: 6 },
  { fromWrongGuesses: 100, digits: 8 },
] as const

/** What could be a code of any length: 4, 6 or 8 ASCII digits. Anything else is no guess at all. */
export const CODE_FORMAT = '^([0-9]{4}|[0-9]{6}|[0-9]{8})$'
