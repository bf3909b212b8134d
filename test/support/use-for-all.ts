import { after, before } from 'node:test'

/** Where it is said what is to be done in the end: a test, or all tests of a file. */
export type Ends = { after: (end: () => unknown) => void }

/**
 * What all tests of a file share, started before the first of them: what cannot start fails tests, and not the
 * file. It is empty until then, so take nothing out of it before.
 */
export const useForAll = <Shared extends object>(start: (t: Ends) => Promise<Shared>): Shared => {
  const shared = {} as Shared
  const ends: (() => unknown)[] = []
  before(async () => {
    Object.assign(shared, await start({ after: end => ends.push(end) }))
  })
  after(async () => {
    for (const end of ends) await end()
  })
  return shared
}
