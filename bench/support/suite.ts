import type { Figure } from './figures.ts'

/**
 * What a suite is given. `progress` says what it does just now, and throws when the run is to end; `draw` keeps a
 * picture for the documents.
 */
export type Run = {
  quick: boolean
  progress: (doing: string) => void
  draw: (name: string, svg: string) => void
}

/** What it returns: `figures` go into the table, `details` only into its file. */
export type Outcome = { parameters: object; figures: Figure[]; details?: object }

export type Suite = (run: Run) => Promise<Outcome>
