import type { UploadView } from './gateway-client.ts'

/** An event of GET /v1/uploads/{uploadId}/events. */
export type ReadEvent = {
  id: string
  event: string
  data: Pick<UploadView, 'state' | 'version' | 'counts'>
}

const parsed = (block: string): ReadEvent | null => {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ')
      return [line.slice(0, at), line.slice(at + 2)] as const
    }),
  )
  const [id, event, data] = ['id', 'event', 'data'].map((name) => fields.get(name))
  if (id === undefined || event === undefined || data === undefined) return null
  return { id, event, data: JSON.parse(data) as ReadEvent['data'] }
}

/**
 * Reads server-sent events over a socket, without comments and `retry`. null: the stream has ended.
 */
export const followUpload = async (
  address: string,
  key: string,
  uploadId: string,
  lastEventId: string | null = null,
) => {
  const response = await fetch(`${address}/v1/uploads/${uploadId}/events`, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    },
  })
  if (response.body === null) throw new Error(`Answered ${response.status} without a body`)
  const pieces = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ''
  const next = async (): Promise<ReadEvent | null> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const event = parsed(text.slice(0, end))
        text = text.slice(end + 2)
        if (event !== null) return event
        continue
      }
      const { done, value } = await pieces.next()
      if (done) return null
      text += value
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    next,
    all: async (): Promise<ReadEvent[]> => {
      const events: ReadEvent[] = []
      for (let event = await next(); event !== null; event = await next()) events.push(event)
      return events
    },
  }
}
