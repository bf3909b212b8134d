// The peer: better-auth with its e-mail OTP plugin, as its documentation sets it up for production. README.md, beside
// this, says where each choice comes from. Wants DATABASE_URL, MAIL_HTTP_URL, PORT, BETTER_AUTH_SECRET, NODE_ENV and
// UV_THREADPOOL_SIZE. Tells its parent when it is ready.
import { createServer } from 'node:http'
import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { emailOTP } from 'better-auth/plugins'
import { Pool } from 'pg'
import { request } from 'undici'

const { DATABASE_URL, MAIL_HTTP_URL = '', PORT = '' } = process.env

/** Vestibule's defaults; @node-rs/argon2 exports its algorithms as a const enum, which type stripping cannot reach. */
const ARGON2 = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const options = {
  baseURL: `http://127.0.0.1:${PORT}`,
  database: new Pool({ connectionString: DATABASE_URL, max: 10 }),
  emailAndPassword: {
    enabled: true,
    // No session before the address is verified, nor by signing up: Vestibule makes none.
    requireEmailVerification: true,
    autoSignIn: false,
    minPasswordLength: 12,
    password: {
      hash: password => hash(password, ARGON2),
      verify: stored => verify(stored.hash, stored.password),
    },
  },
  plugins: [
    emailOTP({
      otpLength: 4,
      expiresIn: 60,
      // The cheaper of the two documented ways, and the mail leaves after the commit: see README.md.
      sendVerificationOnSignUp: true,
      // "It is recommended to not await the email sending to avoid timing attacks" (EmailOTPOptions).
      sendVerificationOTP: async ({ email, otp }) => void send(email, otp).catch(report),
    }),
  ],
  // All load comes from one machine.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
} satisfies BetterAuthOptions

const { runMigrations } = await getMigrations(options)
await runMigrations()
createServer(toNodeHandler(betterAuth(options))).listen(Number(PORT), '127.0.0.1', () =>
  process.send?.('ready'),
)

async function send(to: string, code: string): Promise<void> {
  const { statusCode, body } = await request(MAIL_HTTP_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      to,
      from: 'registration@example.com',
      subject: 'Your code',
      text: `Your code is:\n\n${code}\n\nIt is good for one minute.\n`,
    }),
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(`the mail service answered ${statusCode}`)
}

function report(error: unknown): void {
  process.stderr.write(`a mail was lost: ${error}\n`)
}
