import type { Verdict } from '../../application/diagnose.ts'

export const ok = (found: string): Verdict => ({ state: 'ok', found })
export const warning = (found: string, remedy: string): Verdict => ({ state: 'warning', found, remedy })
export const failed = (found: string, remedy: string): Verdict => ({ state: 'failed', found, remedy })
export const skipped = (found: string): Verdict => ({ state: 'skipped', found })
