import type { MeasureOutbox, OutboxDepth } from '../../application/operate-outbox.ts'
import type { Database } from './database.ts'

const statement = {
  name: 'measure-outbox',
  text: `
select
  topic,
  count(outbox.id)::int as messages,
  coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds"
from unnest(array['mail', 'event']) as topics (topic)
left join outbox using (topic)
group by topic
order by topic desc`,
}

export const measureOutbox =
  (database: Pick<Database, 'query'>): MeasureOutbox =>
  () =>
    database.query<OutboxDepth>(statement)
