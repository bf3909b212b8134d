import { describeCodes } from '../support/code-contract.ts'
import { memoryCounter } from '../support/code-counter.ts'

describeCodes('codes whose guesses are counted in memory', false, () => ({ counter: memoryCounter() }))
