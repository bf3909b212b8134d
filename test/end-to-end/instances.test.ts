import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

const REGISTRATIONS = 500

describe('two instances on one database', () => {
  let database: TestDatabase
  let instances: RunningApp[]
  before(async () => {
    database = await createDatabase()
    instances = await Promise.all([startApp({ database }), startApp({ database })])
  })
  after(async () => {
    await Promise.all(instances.map(instance => instance.stop()))
    await database.drop()
  })

  it(`mail each of ${REGISTRATIONS} registrations once`, async () => {
    const addresses = Array.from({ length: REGISTRATIONS }, newAddress)
    const clients = instances.map(({ url }) => createClient(url))
    for (let at = 0; at < REGISTRATIONS; at += 20) {
      const answers = await Promise.all(
        addresses.slice(at, at + 20).map((address, n) => clients[n % clients.length]?.register(address)),
      )
      for (const answer of answers) assert.equal(answer?.status, 201)
    }
    const arrived = instances.map(({ mail }) => mail)
    await Promise.all(addresses.map(address => Promise.any(arrived.map(mail => mail.mailTo(address)))))
    await Promise.all(instances.map(instance => instance.stop()))

    const attempts = arrived.flatMap(mail => mail.attempts)
    assert.equal(attempts.length, REGISTRATIONS)
    assert.equal(new Set(attempts.map(({ to }) => to)).size, REGISTRATIONS)
    assert.deepEqual(await database.rows('select * from outbox'), [])
    instances = []
  })
})
