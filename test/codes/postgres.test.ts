import { describeCodes } from '../support/code-contract.ts'

describeCodes('in PostgreSQL', false, () => ({}))
