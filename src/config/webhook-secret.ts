import type { Reader } from './reader.ts'

/** Standard Webhooks: `whsec_` and the base64 of 24 to 64 random bytes. */
export const readWebhookSecret = (read: Reader): string | undefined => {
  const secret = read.text('WEBHOOK_SECRET')
  if (secret === undefined) return undefined
  const [, base64 = ''] = /^whsec_(.+)$/.exec(secret) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64 || bytes.length < 24 || bytes.length > 64) {
    read.problem(
      'WEBHOOK_SECRET',
      'must be whsec_ and the base64 of 24 to 64 random bytes (echo "whsec_$(openssl rand -base64 32)")',
    )
  }
  return secret
}
