import type { MailContent } from '../../application/hand-over-mail.ts'
import { english } from './templates/en.ts'
import type { Text, Wording } from './templates/wording.ts'

const wordings = new Map<string, Wording>([['en', english]])

/** Writes a mail in the reader's language if there is a file for it, else in English. */
export const composeMail = (mail: { content: MailContent; locale: string; codeTtlSeconds: number }): Text => {
  const { content, locale, codeTtlSeconds } = mail
  const language = locale.split('-')[0]?.toLowerCase() ?? ''
  const wording = wordings.get(language) ?? english
  if (content.kind === 'already_registered') return wording.alreadyRegistered()
  return wording.activationCode({ code: content.code, lifetime: codeTtlSeconds })
}
