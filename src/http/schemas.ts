import { Type } from 'typebox'
import { CODE_FORMAT } from '../domain/activation-code.ts'
import { PASSWORD_PATTERNS } from '../domain/password.ts'

/** Shapes of what comes in and goes out: one description for validation, serialisation and OpenAPI. */

const locale = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$',
    description:
      'Language of the mails, as a BCP 47 tag. When it is missing, `Accept-Language` decides. One that there are no mails in is stored all the same, and the mails come in the default language.',
    examples: ['en', 'fr-CA'],
  }),
)

export const RegistrationHeaders = Type.Object({
  'accept-language': Type.Optional(
    Type.String({
      description:
        'Languages of the mails, the best first, when the body has no `locale`: `fr-CA, fr;q=0.9, en;q=0.8`. Ignored when it names none that there are mails in.',
    }),
  ),
})

export const RegistrationBody = Type.Object(
  {
    email: Type.String({
      description: 'Where the code goes. Stored in lower case, with the domain as an A-label (IDNA).',
      examples: ['ada@example.com'],
    }),
    password: Type.String({
      description:
        'At least 12 characters, with an upper-case letter, a lower-case letter and a special character; at most 128.',
      examples: ['Correct-Horse-7'],
    }),
    locale,
  },
  { additionalProperties: false },
)

/**
 * The same with the rules for passwords, for forms that judge while somebody types. The service itself judges by
 * the domain, which names every broken rule.
 */
export const DescribedRegistrationBody = {
  ...RegistrationBody,
  properties: {
    ...RegistrationBody.properties,
    password: {
      ...RegistrationBody.properties.password,
      // Some makers of clients take a password to be of any type unless each of these says what it is.
      allOf: PASSWORD_PATTERNS.map(({ rule, pattern, detail }) => ({
        type: 'string' as const,
        pattern,
        description: detail,
        'x-rule': rule,
      })),
    },
  },
}

export const ActivationBody = Type.Object(
  {
    code: Type.String({
      pattern: CODE_FORMAT,
      description:
        'The digits of the newest mail: usually 4; 6 or 8 for an address at which many have been guessed.',
      examples: ['1234'],
    }),
  },
  { additionalProperties: false },
)

const id = Type.String({ format: 'uuid', examples: ['01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'] })
const email = Type.String({ description: 'The canonical address.', examples: ['ada@example.com'] })
const isActive = Type.Boolean({ description: 'True once the address is verified.' })

export const RegisteredUser = Type.Object(
  { id, email, is_active: isActive },
  { description: 'Registered; the code is on its way.' },
)

export const RegistrationTaken = Type.Object(
  { message: Type.String({ examples: ['Look into your mail'] }) },
  { description: 'Taken note of. What became of it stands in a mail, and nowhere else.' },
)

export const Activated = Type.Object(
  { message: Type.String({ examples: ['Account activated successfully'] }) },
  { description: 'The address is verified.' },
)

export const CodeSent = Type.Object(
  {
    message: Type.String({ examples: ['A new code is on its way'] }),
    retry_after: Type.Integer({
      description: 'Seconds until the next one may be asked for.',
      examples: [30],
    }),
  },
  { description: 'A new code is on its way; the one before it is dead.' },
)

export const OwnAccount = Type.Object(
  {
    id,
    email,
    is_active: isActive,
    created_at: Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] }),
    activated_at: Type.Union([
      Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:42.000Z'] }),
      Type.Null(),
    ]),
  },
  { description: 'The account that the credentials belong to.' },
)

export const PendingCode = Type.Object(
  {
    length: Type.Integer({ description: 'How many digits it has.', examples: [4] }),
    attempts_left: Type.Integer({
      description: '0 when it is dead: three wrong guesses, or its mail could not be delivered.',
      examples: [3],
    }),
    expires_in: Type.Union([Type.Integer({ examples: [42] }), Type.Null()], {
      description:
        'Seconds it still has, 0 when it has run out; null while its mail is on its way, because its minute has not begun.',
    }),
    resend_in: Type.Integer({
      description: 'Seconds until a new one may be asked for.',
      examples: [12],
    }),
  },
  { description: 'How the newest code of the account is doing.' },
)

export const Health = Type.Object({ status: Type.String({ examples: ['ok'] }) }, { description: 'Well.' })

/** By the names that OpenAPI has for them, and with it the types of clients that are made from it. */
export const BODIES = {
  RegistrationBody,
  ActivationBody,
  RegisteredUser,
  RegistrationTaken,
  Activated,
  CodeSent,
  OwnAccount,
  PendingCode,
  Health,
}
