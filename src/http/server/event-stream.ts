import { Readable } from 'node:stream'

import type { Refuse } from '../../domain/problems/refusing.ts'
import type { Clock } from '../../lib/clock.ts'

/** Server-sent events (WHATWG HTML, "Server-sent events"). */
export type StreamEvent = { id: string; event: string; data: unknown }

export type EventStream = {
  body: Readable
  send(event: StreamEvent): void
  /** Ends the stream after everything is sent. */
  end(): void
}

export type EventStreamLimits = {
  /** The most streams that one key may have open at this instance. */
  mostPerKey: number
  /**
   * How often a comment is sent, so that proxies do not close a silent stream. After each comment,
   * the key of the stream is checked.
   */
  heartbeatMs: number
  /** After this time the stream ends, so that clients spread over the instances again. */
  longestMs: number
}

const LIMITS: EventStreamLimits = { mostPerKey: 20, heartbeatMs: 15_000, longestMs: 1_800_000 }

/** How long browsers wait before they reconnect. */
const RETRY_MS = 2_000
/**
 * The most bytes that may wait for a slow reader, in addition to the bytes in the connection's own
 * buffer. If more bytes wait, the stream is closed. The client reconnects and gets the newest
 * version.
 */
const MOST_WAITING_BYTES = 16 * 1024

const textOf = ({ id, event, data }: StreamEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** The key that a stream was opened with. `isInForce`: whether the key still allows the stream. */
export type StreamKey = { id: string; isInForce: () => Promise<boolean> }

/**
 * Sends comments so that the stream stays open. Ends the stream after `longestMs`, or as soon as it
 * finds that its key is no longer in force.
 */
const beat = async (
  clock: Clock,
  limits: EventStreamLimits,
  isInForce: StreamKey['isInForce'],
  { body, push, end }: { body: Readable; push(text: string): void; end(): void },
): Promise<void> => {
  const closed = new AbortController()
  body.once('close', () => closed.abort())
  const endsMs = clock.monotonicMs() + limits.longestMs
  while (clock.monotonicMs() < endsMs) {
    try {
      await clock.sleep(limits.heartbeatMs, closed.signal)
    } catch {
      return
    }
    // The comment comes first, because the check waits for the database.
    push(':\n\n')
    if (!(await isInForce())) break
  }
  end()
}

const createStream = () => {
  const body = new Readable({ read: () => undefined, highWaterMark: MOST_WAITING_BYTES })
  let ended = false
  return {
    body,
    push: (text: string): void => {
      if (ended || body.destroyed) return
      // The reader is too slow. The stream is closed, so that no more text is kept in memory for
      // the reader.
      if (!body.push(text)) body.destroy()
    },
    end: (): void => {
      if (ended || body.destroyed) return
      ended = true
      body.push(null)
    },
  }
}

/** The open streams of this process. */
export const createEventStreams = (deps: { clock: Clock; limits?: Partial<EventStreamLimits> }) => {
  const limits = { ...LIMITS, ...deps.limits }
  const open = new Map<Readable, { keyId: string; end(): void }>()
  return {
    /**
     * Opens a stream. Throws 429 `too-many-streams`. `closed` is called when the reader has left or
     * the stream has ended.
     */
    open: (refuse: Refuse<'too-many-streams'>, key: StreamKey, closed: () => void): EventStream => {
      const ofKey = [...open.values()].filter((stream) => stream.keyId === key.id)
      if (ofKey.length >= limits.mostPerKey) {
        const detail = `This key has ${limits.mostPerKey} open streams at this instance.`
        throw refuse('too-many-streams', detail, {}, 10)
      }
      const stream = createStream()
      const { body, push, end } = stream
      open.set(body, { keyId: key.id, end })
      body.once('close', () => {
        open.delete(body)
        closed()
      })
      push(`retry: ${RETRY_MS}\n\n`)
      void beat(deps.clock, limits, key.isInForce, stream)
      return { body, end, send: (event) => push(textOf(event)) }
    },
    /**
     * Ends all streams, because the gateway stops. The clients reconnect, to another instance or
     * after the restart.
     */
    endAll: (): void => {
      for (const { end } of open.values()) end()
    },
  }
}
