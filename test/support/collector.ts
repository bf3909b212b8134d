import { type ReceivedRequest, type Receiver, startReceiver } from './receiver.ts'

/** A span as a collector gets it: OTLP over HTTP, JSON. */
export type ReceivedSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** 1 internal, 2 server, 3 client, 4 producer. */
  kind: number
  attributes: Record<string, unknown>
  /** 2: failed. */
  status: { code?: number }
  /** Nanoseconds since 1970. */
  startTimeUnixNano: string
  endTimeUnixNano: string
  /** Attributes of what has sent it. */
  resource: Record<string, unknown>
}

export type Collector = Omit<Receiver, 'received' | 'until'> & {
  requests: ReceivedRequest[]
  spans: () => ReceivedSpan[]
  /** Waits until all the spans with these names, and as many of each, are there of one trace. */
  trace: (traceId: string, names: string[]) => Promise<ReceivedSpan[]>
  /** What it answers from now on. */
  answerWith: (status: number) => void
}

/** Takes traces, and keeps them. */
export const startCollector = async (): Promise<Collector> => {
  let status = 200
  const accepted: ReceivedSpan[] = []
  const receiver = await startReceiver((response, request) => {
    if (status === 200) accepted.push(...spansIn(request))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  const ofTrace = (traceId: string) => accepted.filter(span => span.traceId === traceId)
  return {
    url: receiver.url,
    requests: receiver.received,
    spans: () => accepted,
    trace: async (traceId, names) => {
      const wanted = names.toSorted().join()
      const came = () => ofTrace(traceId).map(({ name }) => name)
      await receiver
        .until(() => came().toSorted().join() === wanted)
        .catch(() => {
          throw new Error(`of ${wanted} there are ${came().toSorted().join()}`)
        })
      return ofTrace(traceId)
    },
    answerWith: next => {
      status = next
    },
    close: receiver.close,
  }
}

type Attribute = { key: string; value: Record<string, unknown> }
type Export = {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: (Omit<ReceivedSpan, 'attributes' | 'resource'> & { attributes: Attribute[] })[] }[]
  }[]
}

const spansIn = ({ body }: ReceivedRequest): ReceivedSpan[] =>
  (JSON.parse(body) as Export).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(span => ({
        ...span,
        attributes: asObject(span.attributes),
        resource: asObject(resource.attributes),
      })),
  )

const asObject = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** Spans and what is below them, by name: the start of a span decides its place. */
export type Tree = { [name: string]: Tree }

export const treeOf = (spans: ReceivedSpan[], below?: string): Tree =>
  Object.fromEntries(
    spans
      .filter(({ parentSpanId }) => (parentSpanId ?? undefined) === below)
      .map(({ name, spanId }) => [name, treeOf(spans, spanId)]),
  )
