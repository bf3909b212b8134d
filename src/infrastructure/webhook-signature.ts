import { Webhook } from 'standardwebhooks'

/** Signs requests as Standard Webhooks has it (standardwebhooks.com); `id` is the same for every attempt. */
export const signerOf = (secret: string) => {
  const webhook = new Webhook(secret)
  return (id: string, body: string): Record<string, string> => {
    const now = new Date()
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': webhook.sign(id, now, body),
    }
  }
}
