import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

/** proc(5): times are in ticks of 10 ms, on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100

/** Processor time that a process has used so far, in seconds; `NaN` where the system does not tell. */
export const cpuSeconds = (pid: number): number => {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
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
    const running = processes().filter(pid => Number(statOf(pid)[1]) === postmaster)
    return [postmaster, ...running].reduce((sum, pid) => sum + (cpuSeconds(pid) || 0), ended)
  }
}

const processes = (): number[] => {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** The fields of proc(5) from `state` (the third) on: the second, a name, may hold blanks. */
const statOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  } catch {
    return []
  }
}
