import type { Check, Verdict } from '../../application/diagnose.ts'
import type { Database } from '../postgres/database.ts'
import { failed, ok, skipped, warning } from './verdict.ts'

const ROLE = {
  name: 'doctor-role',
  text: `
select
  current_user as role,
  (select array_agg(name || ' (' || privilege || ')')
   from unnest(array['users', 'address_ledger', 'outbox', 'ledger_key']) name,
     unnest(array['select', 'insert', 'update', 'delete']) privilege
   where not has_table_privilege(to_regclass(name), privilege)) as missing,
  to_regclass('users') is not null as present,
  coalesce(has_schema_privilege(current_schema(), 'create'), false)
    or exists (
      select from pg_class
      where oid = to_regclass('users') and pg_has_role(relowner, 'usage')
    ) as "mayChangeSchema"`,
}

const CONNECTIONS = {
  name: 'doctor-connections',
  text: `
select
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as allowed,
  count(*) filter (where application_name not like 'vestibule%')::int as others
from pg_stat_activity
where datname is not null`,
}

const NOW = { name: 'doctor-now', text: 'select extract(epoch from clock_timestamp())::float8 as now' }
const WRONG_SECONDS = { warning: 2, failed: 60 }

type Settings = { production: boolean; poolMax: number }

/** Looks at what the server allows, and at its clock. */
export const databaseServer = (database: Database, { production, poolMax }: Settings): Check[] => [
  {
    check: 'role',
    look: async () => {
      const [role] = await database.query<Role>(ROLE)
      return role ? judgeRole(role, production) : skipped('the server says nothing about it')
    },
  },
  {
    check: 'connections',
    look: async () => {
      const [counted] = await database.query<{ allowed: number; others: number }>(CONNECTIONS)
      return judgeConnections(counted ?? { allowed: 0, others: 0 }, poolMax)
    },
  },
  {
    check: 'clock',
    look: async () => {
      await database.query(NOW)
      const asked = Date.now()
      const [row] = await database.query<{ now: number }>(NOW)
      const answered = Date.now()
      // Somewhere between question and answer.
      return judgeClock((asked + answered) / 2000 - (row?.now ?? Number.NaN))
    },
  },
]

type Role = { role: string; missing: string[] | null; present: boolean; mayChangeSchema: boolean }

const judgeRole = ({ role, missing, present, mayChangeSchema }: Role, production: boolean): Verdict => {
  if (!present) return skipped('there are no tables that it can see')
  if (missing) {
    return failed(
      `${role} lacks rights: ${missing.join(', ')}`,
      `As the owner of the tables: grant select, insert, update, delete on all tables in schema public to ${role}. deploy/postgres/roles.sql does it for tables to come.`,
    )
  }
  if (mayChangeSchema && production) {
    return warning(
      `${role} may also change the schema`,
      'Serve with a role that may not: deploy/postgres/roles.sql makes vestibule_app for it.',
    )
  }
  return ok(
    `${role} may read and write all tables${mayChangeSchema ? ', and change the schema' : ', no more'}`,
  )
}

const judgeConnections = (
  { allowed, others }: { allowed: number; others: number },
  poolMax: number,
): Verdict => {
  const found = `this instance takes up to ${poolMax + 1}, others have ${others} of ${allowed}`
  if (poolMax + 1 + others <= allowed) return ok(found)
  return warning(
    found,
    'Lower DATABASE_POOL_MAX, raise max_connections of PostgreSQL, or use PgBouncer: docs/operations.md#connections.',
  )
}

/** Expiries do not depend on it: they go by the database's clock alone. */
const judgeClock = (offSeconds: number): Verdict => {
  const off = Math.abs(offSeconds)
  const direction = offSeconds > 0 ? 'ahead of' : 'behind'
  if (off <= WRONG_SECONDS.warning) return ok('this machine and the database agree within 2 s')
  const found = `this machine is ${Math.round(off)} s ${direction} the database`
  const remedy =
    'Let NTP set both clocks (timedatectl). Codes expire by the database alone, but receivers refuse webhooks that are signed by a clock that is wrong, and certificates seem to be over or not to have begun.'
  return off > WRONG_SECONDS.failed ? failed(found, remedy) : warning(found, remedy)
}
