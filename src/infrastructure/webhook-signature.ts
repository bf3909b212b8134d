import { Webhook } from 'standardwebhooks'

/**
 * Signs requests as Standard Webhooks has it (standardwebhooks.com); `id` is the same for every attempt. Receivers
 * refuse what was signed more than 5 minutes ago or ahead: `now` must not be that far off.
 */
export const signerOf = (secret: string, now = () => new Date()) => {
  const webhook = new Webhook(secret)
  return (id: string, body: string): Record<string, string> => {
    const time = now()
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
      'webhook-signature': webhook.sign(id, time, body),
    }
  }
}
