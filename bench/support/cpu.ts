import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

/** proc(5): times are in ticks of 10 ms, on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100

/** Processor time that a process has used so far, in seconds; `NaN` where the system does not tell. */
export const cpuSeconds = (pid: number): number => {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** The threads of libuv's pool, on which hashes are made (and a log is written, for next to nothing). */
const POOL_THREAD = 'libuv-worker'

/** Processor time of a Node.js process in seconds: of its hashes, of its main thread, and of all its threads. */
export const threadCpuSeconds = (pid: number): { hashing: number; main: number; all: number } => {
  const threads = processesIn(`/proc/${pid}/task`).map(id => {
    const [name = '', fields = ''] = read(`/proc/${pid}/task/${id}/stat`)
      .split(/^\d+ \(|\) /)
      .slice(1)
    const [user, system] = fields.split(' ').slice(11, 13)
    return { id, name, seconds: (Number(user) + Number(system)) / TICKS_PER_SECOND }
  })
  const sum = (of: (thread: { id: number; name: string }) => boolean): number =>
    threads.filter(of).reduce((total, { seconds }) => total + seconds, 0)
  return {
    hashing: sum(({ name }) => name === POOL_THREAD),
    main: sum(({ id }) => id === pid),
    all: cpuSeconds(pid),
  }
}

/**
 * Watches, from now on, which share of the time of all processors was taken by other machines of the same host
 * (proc(5), steal); `NaN` where the system does not tell.
 */
export const watchStolen = (): (() => number) => {
  const times = (): number[] => read('/proc/stat').split('\n')[0]?.split(/\s+/).slice(1, 9).map(Number) ?? []
  const before = times()
  return () => {
    const spent = times().map((time, n) => time - (before[n] ?? 0))
    return (spent[7] ?? Number.NaN) / spent.reduce((sum, time) => sum + time, 0)
  }
}

/** Resident memory of a process in MiB: now, and the most so far; `NaN` where the system does not tell. */
export const memoryMib = (pid: number): { now: number; peak: number } => {
  const status = read(`/proc/${pid}/status`)
  const mib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
  return { now: mib('VmRSS'), peak: mib('VmHWM') }
}

/** That of a PostgreSQL server on this machine with all its processes, also those that have ended. */
export const databaseCpuSeconds = async (url: string): Promise<() => number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const postmaster = Number(statOf(rows[0]?.pid ?? 0)[1])
  await client.end()
  return () => {
    const fields = statOf(postmaster)
    const ended = (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
    const running = processesIn('/proc').filter(pid => Number(statOf(pid)[1]) === postmaster)
    return [postmaster, ...running].reduce((sum, pid) => sum + (cpuSeconds(pid) || 0), ended)
  }
}

const processesIn = (folder: string): number[] => {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** The fields of proc(5) from `state` (the third) on: the second, a name, may hold blanks. */
const statOf = (pid: number): string[] => read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? []

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
