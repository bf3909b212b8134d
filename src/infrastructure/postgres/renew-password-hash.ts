import type { RenewPasswordHash } from '../../application/authenticate.ts'
import type { Database } from './database.ts'

const statement = {
  name: 'renew-password-hash',
  text: 'update users set password_hash = $3 where id = $1 and password_hash = $2',
}

export const renewPasswordHash =
  (database: Database): RenewPasswordHash =>
  async ({ userId, from, to }) => {
    await database.query(statement, [userId, from, to])
  }
