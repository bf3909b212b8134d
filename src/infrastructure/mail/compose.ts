import { english } from './templates/en.ts'
import type { Wording } from './templates/wording.ts'

const wordings = new Map<string, Wording>([['en', english]])

/** Writes the mail in the reader's language if there is a file for it, else in English. */
export const composeActivationMail = (mail: {
  code: string
  locale: string
  lifetimeSeconds: number
}): ReturnType<Wording> => {
  const language = mail.locale.split('-')[0]?.toLowerCase() ?? ''
  const wording = wordings.get(language) ?? english
  return wording({ code: mail.code, lifetime: mail.lifetimeSeconds })
}
