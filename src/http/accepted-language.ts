import Negotiator from 'negotiator'

/** Those that there are mails in, as BCP 47 writes them; the first one is the default. */
export type Languages = readonly [string, ...string[]]

/** Browsers send less than 100 characters. What is longer is no list of languages, and not worth the work. */
const LONGEST = 1000

/** The language that `Accept-Language` asks for (RFC 9110 §12.5.4), or the default when it asks for none there is. */
export const acceptedLanguage = (
  { headers }: { headers: { 'accept-language'?: string | undefined } },
  languages: Languages,
): string => {
  const { 'accept-language': accepted = '' } = headers
  const asked = accepted.length > LONGEST ? undefined : new Negotiator({ headers }).language(languages)
  return asked ?? languages[0]
}
