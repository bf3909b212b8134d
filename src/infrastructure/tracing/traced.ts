import type { HandOver } from '../../application/outbox.ts'
import type { Database } from '../postgres/database.ts'
import type { SpanOptions, Tracing } from './tracing.ts'

/** The same database; each statement of a request is a span under its name, without text and values. */
export const tracedDatabase = (database: Database, { inSpan }: Tracing): Database => ({
  ...database,
  query: (statement, values) => {
    const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': statement.name }
    return inSpan(statement.name, { kind: 'client', attributes }, () =>
      database.query<never>(statement, values),
    )
  },
})

/**
 * The same hand-over, as a part of the trace of the request that enqueued the message, even if that was long ago and
 * in another process.
 */
export const tracedHandOver =
  <Message extends { readonly id: string; readonly traceParent?: string | undefined }>(
    { inSpan }: Tracing,
    name: string,
    describe: (message: Message) => Required<Pick<SpanOptions, 'kind' | 'attributes'>>,
    handOver: HandOver<Message>,
  ): HandOver<Message> =>
  message => {
    const { kind, attributes } = describe(message)
    const about = { ...attributes, 'messaging.message.id': message.id }
    return inSpan(name, { kind, attributes: about, parent: message.traceParent }, async span => {
      const result = await handOver(message)
      span.set({ 'vestibule.result': result.result })
      if (result.result === 'failed') span.fail(result.failure)
      return result
    })
  }

/** The same work, as a span without attributes. */
export const traced =
  <Input extends unknown[], Output>(
    { inSpan }: Tracing,
    name: string,
    work: (...input: Input) => Promise<Output>,
  ): ((...input: Input) => Promise<Output>) =>
  (...input) =>
    inSpan(name, { kind: 'internal' }, () => work(...input))
