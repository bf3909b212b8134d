import type { Verdict } from '../../application/diagnose.ts'
import type { MailSettings } from '../mail/open-transport.ts'
import { trySmtp } from '../mail/smtp.ts'
import { languagesOf, readTemplates, TemplatesError } from '../mail/templates.ts'
import { connectionRemedy, placeIn, reach, reasonOf, unreachable } from './reach.ts'
import { failed, ok } from './verdict.ts'

/** With the local mailbox, which the service itself reaches by SMTP. */
type Mail = MailSettings | { readonly transport: 'mailbox' }

/** Looks whether the mail service can be reached and lets us in. No mail is sent. */
export const lookAtMail = async (mail: Mail, timeoutMs: number): Promise<Verdict> => {
  switch (mail.transport) {
    case 'mailbox':
      return ok('every mail lands in the local mailbox, which the service brings along')
    case 'console':
      return ok('every mail is printed where the service runs, codes included, and reaches nobody')
    case 'smtp':
      return lookAtSmtp(mail.url, timeoutMs)
    case 'http':
      return lookAtProvider(mail.provider, mail.url, timeoutMs)
  }
}

/** Reads the templates as the service does when it starts. */
export const lookAtTemplates = async (
  folder: string | undefined,
  defaultLocale: string,
): Promise<Verdict> => {
  try {
    const languages = languagesOf(readTemplates(folder, defaultLocale))
    return ok(`usable, in ${languages.join(', ')}`)
  } catch (error) {
    if (!(error instanceof TemplatesError)) throw error
    return failed(error.problems.join('; '), 'Correct these files in MAIL_TEMPLATES_DIR, or DEFAULT_LOCALE.')
  }
}

const lookAtSmtp = async (url: string, timeoutMs: number): Promise<Verdict> => {
  const tried = await trySmtp({ url, timeoutMs })
  const place = placeIn(url)
  if (tried.result === 'failed') return failed(`${place}: ${tried.reason}`, smtpRemedy(tried.reason))
  const credentials = URL.parse(url)?.username ? 'takes our login' : 'answers, without a login'
  return ok(`${place} ${credentials}; whether it takes MAIL_FROM shows with the first mail`)
}

const smtpRemedy = (reason: string): string => {
  if (/AUTH|EAUTH|53[0458]/.test(reason)) {
    return 'Correct user and password in SMTP_URL (@ is written %40), or ask the mail service whether that login is allowed.'
  }
  if (/STARTTLS|ETLS/.test(reason)) {
    return 'The server does no STARTTLS, and a password must not cross in plain text: use smtps:// in SMTP_URL, or, in a network that is yours alone, add ?requireTLS=false.'
  }
  if (/ERR_(SSL|TLS)_/.test(reason)) {
    return 'That port does not begin with TLS: use smtp:// in SMTP_URL, which goes on with STARTTLS, or port 465.'
  }
  if (/in time|ETIMEDOUT/.test(reason)) {
    return 'Check host and port in SMTP_URL and the firewalls on the way (many networks block 25); port 465 wants smtps://.'
  }
  return connectionRemedy(reason, 'SMTP_URL')
}

const lookAtProvider = async (provider: string, url: string, timeoutMs: number): Promise<Verdict> => {
  try {
    await reach(url, timeoutMs)
    return ok(`${provider} is reached at ${placeIn(url)}; whether it takes the key shows with the first mail`)
  } catch (error) {
    return unreachable(url, reasonOf(error), 'MAIL_HTTP_URL')
  }
}
