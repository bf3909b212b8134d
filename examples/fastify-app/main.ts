// An app whose people sign up with Vestibule. examples/README.md says how to run it.
import { createClient } from '../../client/src/client.ts'
import { createApp } from './app.ts'
import { openPeople } from './people.ts'

const app = createApp({
  people: openPeople(process.env.DATABASE ?? 'people.sqlite'),
  vestibule: createClient({ url: process.env.VESTIBULE_URL ?? 'http://localhost:8000' }),
  webhookSecret: process.env.WEBHOOK_SECRET ?? '',
})
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
process.once('SIGTERM', () => app.close())
