import mustache from 'mustache'
import type { MailContent } from '../../application/hand-over-mail.ts'
import { parseMailbox } from './mailbox-address.ts'
import { MAILS, type Sentences, type Templates, type Wording } from './templates.ts'

/** Writes a mail in the reader's language (BCP 47) if there is a wording for it, else in the default one. */
export type ComposeMail = (mail: { content: MailContent; locale: string }) => MailText

export type MailText = { subject: string; text: string; html: string }

/** Fills in, once, all that is the same in every mail. `from` is the sender, of whom the mails speak by name. */
export const createComposer = (
  { layouts, wordings }: Templates,
  settings: { from: string; codeTtlSeconds: number },
): ComposeMail => {
  const sender = senderName(settings.from)
  const defaultPages = pagesIn(wordings[0])
  const pagesByLanguage = new Map(wordings.map(wording => [wording.language.toLowerCase(), pagesIn(wording)]))

  return ({ content, locale }) => {
    const page = (lookUp(pagesByLanguage, locale) ?? defaultPages)[content.kind]
    const view = content.kind === 'activation_code' ? { ...page, code: content.code } : page
    return {
      subject: page.subject,
      text: wrap(mustache.render(layouts.text, view, {}, PLAIN_TEXT)),
      html: mustache.render(layouts.html, view),
    }
  }

  function pagesIn(wording: Wording) {
    const { language } = wording
    const values = { sender, lifetime: duration(settings.codeTtlSeconds, language) }
    const fill = (line: string) => mustache.render(line, values, {}, PLAIN_TEXT)
    const page = ({ subject, opening, advice, not_you }: Sentences) => ({
      lang: language,
      dir: new Intl.Locale(language).getTextInfo().direction ?? 'ltr',
      sender,
      subject: fill(subject),
      opening: fill(opening),
      advice: fill(advice),
      not_you: fill(not_you),
    })
    return Object.fromEntries(MAILS.map(mail => [mail, page(wording[mail])])) as Record<
      MailContent['kind'],
      ReturnType<typeof page>
    >
  }
}

/** What is put into HTML is escaped by Mustache; text and subjects are not HTML. */
const PLAIN_TEXT = { escape: String }

/** The service as the mails call it: the display name of `MAIL_FROM`, else its domain. */
export const senderName = (from: string): string => {
  const { name, address } = parseMailbox(from)
  return name || address.slice(address.indexOf('@') + 1)
}

const duration = (seconds: number, language: string): string => {
  const [amount, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}

/** RFC 4647 §3.4: what is not there as `fr-CA` is looked for as `fr`. */
const lookUp = <Found>(byLanguage: ReadonlyMap<string, Found>, locale: string): Found | undefined => {
  const subtags = locale.toLowerCase().split('-')
  while (subtags.length > 0) {
    const found = byLanguage.get(subtags.join('-'))
    if (found) return found
    subtags.pop()
  }
  return undefined
}

/** Breaks lines at spaces, but not at no-break ones, which makes them 76 characters long at most. */
const wrap = (text: string): string => text.replace(/(?=.{77})(.{0,76}) +/g, '$1\n')
