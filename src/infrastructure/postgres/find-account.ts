import type { FindAccount } from '../../application/authenticate.ts'
import type { Database } from './database.ts'

const statement = {
  name: 'find-account',
  text: 'select id, email, password_hash, created_at, activated_at from users where email = $1',
}

type Row = { id: string; email: string; password_hash: string; created_at: Date; activated_at: Date | null }

export const findAccount =
  (database: Database): FindAccount =>
  async email => {
    const [row] = await database.query<Row>(statement, [email])
    if (!row) return undefined
    return {
      user: { id: row.id, email: row.email, createdAt: row.created_at, activatedAt: row.activated_at },
      passwordHash: row.password_hash,
    }
  }
