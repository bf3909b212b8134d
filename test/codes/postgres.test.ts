import { describeCodes } from '../support/code-contract.ts'

describeCodes('codes whose guesses PostgreSQL counts', false, () => ({}))
