import pg from 'pg'
import type { Database } from '../../src/infrastructure/postgres/database.ts'

export type Plan = { statement: string; lines: string[]; readsWholeTable: boolean }

/**
 * A database that explains each statement before it runs it, with the values that it runs it with, and how: what
 * `explain analyze` changes is rolled back.
 */
export const openExplainingDatabase = async (url: string): Promise<{ on: Database; plans: Plan[] }> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const plans: Plan[] = []
  return {
    plans,
    on: {
      query: async ({ name, text }, values = []) => {
        await client.query('begin')
        const explained = await client.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, costs off, timing off, buffers off, summary off) ${text}`,
          values,
        )
        await client.query('rollback')
        const lines = explained.rows.map(row => row['QUERY PLAN'])
        plans.push({ statement: name, lines, readsWholeTable: lines.some(readsAll) })
        return (await client.query(text, values)).rows
      },
      answers: async () => true,
      connections: () => ({ busy: 0, idle: 0, waiting: 0 }),
      close: () => client.end(),
    },
  }
}

/** All of a table, or all of an index: each has as much to read as there are people, or people who wait. */
const readsAll = (line: string, n: number, lines: string[]): boolean =>
  /Seq Scan on/.test(line) || (/Index.* Scan using/.test(line) && !/Index Cond/.test(lines[n + 1] ?? ''))

/** The scans of tables alone: what a plan reads, by which index, and how many rows of it. */
export const scansOf = ({ lines }: Plan): string[] =>
  lines.flatMap((line, n) => {
    const scan =
      /^\s*(?:->\s*)?((?:Parallel )?(?:Seq|Index(?: Only)?|Bitmap (?:Heap|Index)) Scan .*?) \(actual rows=([\d.]+) loops=(\d+)/.exec(
        line,
      )
    if (!scan) return []
    const condition = /Index Cond: (.*)/.exec(lines[n + 1] ?? '')?.[1] ?? ''
    return [`${scan[1]} rows=${scan[2]} loops=${scan[3]} ${condition}`]
  })
