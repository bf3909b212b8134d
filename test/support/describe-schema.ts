import pg from 'pg'

/** node-pg-migrate's own notes of what it has applied: no part of the schema that the migrations describe. */
const BOOKKEEPING = 'schema_migrations'

/**
 * Reads the tables of a database and writes them down as SQL that makes the same ones: columns in their order,
 * constraints and indexes under their names, storage parameters. Throws when the schema has something that
 * this cannot describe, so that a snapshot never lacks anything silently.
 */
export const describeSchema = async (databaseUrl: string): Promise<string> => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await refuseTheUnknown(client)
    const { rows } = await client.query<{ oid: number; name: string; reloptions: string[] | null }>(
      `select oid::int, relname as name, reloptions from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> $1
       order by relname`,
      [BOOKKEEPING],
    )
    const tables = []
    for (const { oid, name, reloptions } of rows) {
      const lines = [...(await columns(client, oid)), ...(await constraints(client, oid))]
      const storage = reloptions ? ` with (${reloptions.join(', ')})` : ''
      const indexDefinitions = (await indexes(client, oid)).map(index => `\n${index};\n`)
      tables.push(
        `create table ${name} (\n${lines.map(line => `  ${line}`).join(',\n')}\n)${storage};\n${indexDefinitions.join('')}`,
      )
    }
    return tables.join('\n')
  } finally {
    await client.end()
  }
}

const texts = async (client: pg.Client, sql: string, values: unknown[]): Promise<string[]> =>
  (await client.query<{ text: string }>(sql, values)).rows.map(({ text }) => text)

const columns = (client: pg.Client, table: number): Promise<string[]> =>
  texts(
    client,
    `select concat_ws(' ',
       quote_ident(attname),
       format_type(atttypid, atttypmod),
       case when attidentity <> '' then
         'generated ' || case attidentity when 'a' then 'always' else 'by default' end || ' as identity'
       end,
       case when adbin is not null then
         case when attgenerated <> ''
           then 'generated always as (' || pg_get_expr(adbin, adrelid) || ') stored'
           else 'default ' || pg_get_expr(adbin, adrelid) end
       end,
       case when attnotnull then 'not null' end
     ) as text
     from pg_attribute
     left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where attrelid = $1 and attnum > 0 and not attisdropped
     order by attnum`,
    [table],
  )

/** Not-null constraints, which PostgreSQL lists here since version 18, stand with their columns. */
const constraints = (client: pg.Client, table: number): Promise<string[]> =>
  texts(
    client,
    `select 'constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) as text
     from pg_constraint
     where conrelid = $1 and contype <> 'n'
     order by array_position('{p,u,f,x,c}', contype::text), conname`,
    [table],
  )

/** All but those that a constraint brings along. */
const indexes = (client: pg.Client, table: number): Promise<string[]> =>
  texts(
    client,
    `select pg_get_indexdef(indexrelid) as text
     from pg_index
     where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid)
     order by indexrelid::regclass::text`,
    [table],
  )

const refuseTheUnknown = async (client: pg.Client): Promise<void> => {
  const unknown = await texts(
    client,
    `select 'relation ' || relname as text from pg_class
     where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
       and relname not like $1 || '%'
     union all
     select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
     union all
     select 'type ' || typname from pg_type
     where typnamespace = 'public'::regnamespace and typtype in ('e', 'd', 'r', 'm')
     union all
     select 'trigger ' || tgname from pg_trigger where not tgisinternal
     union all
     select 'rule or policy on ' || relname from pg_class
     where relnamespace = 'public'::regnamespace and (relhasrules or relrowsecurity)
     union all
     select 'extension ' || extname from pg_extension where extname <> 'plpgsql'`,
    [BOOKKEEPING],
  )
  if (unknown.length > 0) {
    throw new Error(`test/support/describe-schema.ts cannot describe this yet: ${unknown.join(', ')}`)
  }
}
