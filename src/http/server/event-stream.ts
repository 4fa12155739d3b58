import { Readable } from 'node:stream'

import type { Refuse } from '../../domain/problems/refusing.ts'
import type { Clock } from '../../lib/clock.ts'

/** Server-sent events (WHATWG HTML, "Server-sent events"). */
export type StreamEvent = { id: string; event: string; data: unknown }

export type EventStream = {
  body: Readable
  send(event: StreamEvent): void
  /** Ends the stream after everything that was sent. */
  end(): void
}

export type EventStreamLimits = {
  /** Open streams of one key at this instance. */
  mostPerKey: number
  /** A comment so often keeps proxies from closing a silent stream. */
  heartbeatMs: number
  /**
   * Then the stream ends. A client that returns shows its key again, so a key that was revoked
   * meanwhile is refused.
   */
  longestMs: number
}

const LIMITS: EventStreamLimits = { mostPerKey: 20, heartbeatMs: 15_000, longestMs: 1_800_000 }

/** How long a client should wait before it comes back; browsers obey it. */
const RETRY_MS = 2_000
/**
 * How much may wait for a reader, beside what the connection buffers. A slower reader is cut off
 * and returns for the newest version.
 */
const MOST_WAITING_BYTES = 16 * 1024

const textOf = ({ id, event, data }: StreamEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Ends the stream when its time is over, and keeps it awake until then. */
const beat = async (
  clock: Clock,
  limits: EventStreamLimits,
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
    push(':\n\n')
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
      // What does not fit is not kept for a reader who is too slow.
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
     * Throws 429 `too-many-streams`. `closed` is called once the reader is gone or has everything.
     */
    open: (refuse: Refuse<'too-many-streams'>, keyId: string, closed: () => void): EventStream => {
      const ofKey = [...open.values()].filter((stream) => stream.keyId === keyId)
      if (ofKey.length >= limits.mostPerKey) {
        const detail = `This key has ${limits.mostPerKey} open streams at this instance.`
        throw refuse('too-many-streams', detail, {}, 10)
      }
      const stream = createStream()
      const { body, push, end } = stream
      open.set(body, { keyId, end })
      body.once('close', () => {
        open.delete(body)
        closed()
      })
      push(`retry: ${RETRY_MS}\n\n`)
      void beat(deps.clock, limits, stream)
      return { body, end, send: (event) => push(textOf(event)) }
    },
    /** For a stop: every reader is let go and comes back, to another instance or the next start. */
    endAll: (): void => {
      for (const { end } of open.values()) end()
    },
  }
}
