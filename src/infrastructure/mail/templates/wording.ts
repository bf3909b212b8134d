/** What a language has to say; a further language is one more file beside `en.ts`. */
export type Wording = {
  /** `lifetime` is in seconds. */
  activationCode: (mail: { code: string; lifetime: number }) => Text
  /** For the owner of an active account whose address somebody has registered again. */
  alreadyRegistered: () => Text
}

export type Text = { subject: string; text: string; html: string }
