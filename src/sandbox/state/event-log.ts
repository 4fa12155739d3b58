import { randomUUID } from 'node:crypto'

import { Refusal } from '../server/refusal.ts'

/** One line of the outbound event log. It names a list and never a row [platform-api: 2.5.5]. */
export type LoggedEvent = {
  id: string
  timestamp: string
  level: 'INFO' | 'WARNING' | 'ERROR'
  category: 'IMPORT_ERROR' | 'CONTACT' | 'ENTITY_LIMIT'
  code: string
  message: string
  listId: string
  listName: string
  correlationId: string
  messageParams: Record<string, string>
}

export type NewEvent = Omit<LoggedEvent, 'id' | 'timestamp' | 'level'>

export type EventLog = {
  add(event: NewEvent): void
  /** A page in the form of the platform. Throws a 400 refusal. */
  page(query: Record<string, string>): Record<string, unknown>
  /** Throws a 404 refusal. */
  get(id: string): Record<string, unknown>
  reset(): void
}

const entityOf = (event: LoggedEvent) => ({
  id: event.id,
  name: event.code,
  errorEntity: {
    id: event.listId,
    name: event.listName,
    selfUri: `/api/v2/outbound/contactlists/${event.listId}`,
  },
  timestamp: event.timestamp,
  level: event.level,
  category: event.category,
  correlationId: event.correlationId,
  eventMessage: {
    code: event.code,
    message: event.message,
    messageWithParams: event.message,
    messageParams: event.messageParams,
  },
  selfUri: `/api/v2/outbound/events/${event.id}`,
})

const positive = (text: string | undefined, otherwise: number, most: number): number => {
  const value = Number(text ?? otherwise)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new Refusal(400, 'bad.request', `Paging starts at 1, and a page has at most ${most}.`)
}

/**
 * Sorts the oldest event first, or the newest if `sortOrder` begins with d. The SDK documents "a"
 * as the default.
 */
const sorted = (events: LoggedEvent[], order: string | undefined): LoggedEvent[] =>
  order?.toLowerCase().startsWith('d') ? events.toReversed() : events

/**
 * Keeps all events in memory until `reset`. Each event gets a random id, the time of `now` and the
 * level `ERROR`.
 */
export const createEventLog = (deps: { now: () => Date }): EventLog => {
  let events: LoggedEvent[] = []
  return {
    add: (event) => {
      const timestamp = deps.now().toISOString()
      events.push({ ...event, id: randomUUID(), timestamp, level: 'ERROR' })
    },
    page: (query) => {
      const pageSize = positive(query['pageSize'], 25, 100)
      const pageNumber = positive(query['pageNumber'], 1, 1_000_000)
      const found = events.filter(
        ({ category, level }) =>
          (query['category'] ?? category) === category && (query['level'] ?? level) === level,
      )
      const pageCount = Math.ceil(found.length / pageSize)
      const first = (pageNumber - 1) * pageSize
      return {
        entities: sorted(found, query['sortOrder'])
          .slice(first, first + pageSize)
          .map(entityOf),
        pageSize,
        pageNumber,
        total: found.length,
        pageCount,
      }
    },
    get: (id) => {
      const event = events.find((found) => found.id === id)
      if (!event) throw new Refusal(404, 'not.found', 'The event was not found.')
      return entityOf(event)
    },
    reset: () => {
      events = []
    },
  }
}
