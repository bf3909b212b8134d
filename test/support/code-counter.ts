import { GUESSES_PER_CODE } from '../../src/domain/activation-code.ts'
import type { GuessCounter } from '../../src/infrastructure/redis/guess-counter.ts'

/** A counter in memory, which can forget a code, as Redis may. */
export const memoryCounter = (): GuessCounter & { lose: (codeId: string) => void } => {
  const guesses = new Map<string, number>()
  return {
    create: async codeId => {
      guesses.set(codeId, 0)
    },
    count: async codeId => {
      const before = guesses.get(codeId)
      if (before === undefined) return 'lost'
      if (before >= GUESSES_PER_CODE) return 'exhausted'
      guesses.set(codeId, before + 1)
      return before + 1
    },
    counted: async codeIds => codeIds.map(codeId => guesses.get(codeId) ?? 'lost'),
    answers: async () => true,
    lose: codeId => guesses.delete(codeId),
  }
}
