import { describeCodes } from '../support/code-contract.ts'
import { memoryCounter } from '../support/code-counter.ts'

describeCodes('in memory', false, () => ({ counter: memoryCounter() }))
