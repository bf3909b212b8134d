/** What a language has to say; a further language is one more file beside `en.ts`. `lifetime` is in seconds. */
export type Wording = (mail: { code: string; lifetime: number }) => {
  subject: string
  text: string
  html: string
}
