// One, two and four processes on one database: what another instance adds, with real hashes and without any. On one
// machine they share its cores, so that what is to be seen without hashes is the one thread that a process has for it.
import type { Figure } from '../support/figures.ts'
import { answersOf, expectOnly } from '../support/load-orders.ts'
import { CLIENTS, openStage, PATIENT, type StageDatabase, type StageService } from '../support/stage.ts'
import type { Suite } from '../support/suite.ts'

const COUNTS = [1, 2, 4]
const KINDS = {
  'real hashes': { serve: 'serve', clients: CLIENTS },
  'no hashes': { serve: 'serveUnhashed', clients: 32 },
} as const

type Group = {
  count: number
  clients: number
  database: StageDatabase
  services: StageService[]
  rates: number[]
}

export const instances: Suite = async ({ quick, progress }) => {
  const seconds = quick ? { warmUp: 2, load: 2 } : { warmUp: 15, load: 8 }
  const rounds = quick ? 1 : 3
  const figures: Figure[] = []

  for (const [kind, { serve, clients }] of Object.entries(KINDS)) {
    await using running = new AsyncDisposableStack()
    const stage = await openStage(running)
    const load = async ({ database, services, clients }: Group, forSeconds: number): Promise<number> => {
      const start = performance.now()
      const report = await stage.load.run({
        kind: 'register',
        urls: services.map(({ url }) => url),
        seconds: forSeconds,
        loop: { clients },
        mailsComeHere: false,
      })
      await database.untilCarried()
      expectOnly(report, 'register 201')
      return answersOf(report, 'register 201').count / ((performance.now() - start) / 1000)
    }

    // Each number of them has a database of its own, so that they can take turns without helping each other.
    const groups: Group[] = []
    for (const count of COUNTS) {
      const group: Group = {
        count,
        clients,
        database: await stage.database(`instances_${count}`),
        services: [],
        rates: [],
      }
      for (let n = 0; n < count; n += 1) {
        progress(`${kind}: starting ${n + 1} of ${count}`)
        group.services.push(await stage[serve](group.database, PATIENT))
      }
      groups.push(group)
    }
    for (const group of groups) {
      progress(`${kind}: warm-up of ${group.count}`)
      await load(group, seconds.warmUp)
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const group of groups) {
        progress(`${kind}, round ${round} of ${rounds}: ${group.count} processes`)
        group.rates.push(await load(group, seconds.load))
      }
    }
    for (const { count, rates } of groups) {
      figures.push({
        name: `registrations, ${kind}, ${count} ${count === 1 ? 'process' : 'processes'}`,
        unit: '/s',
        values: rates,
      })
    }
  }
  return { parameters: { rounds, seconds, counts: COUNTS }, figures }
}
