import type { FaultKind } from '../faults/fault-plan.ts'
import type { Operation } from '../faults/operations.ts'
import { type RateReferee, type SandboxDialect, type WindowReport } from '../faults/rate-referee.ts'
import type { Activity, ActivityBook } from './activity-book.ts'
import type { ImportEntry, Imports } from './imports.ts'
import type { ListStore, StoredList } from './list-store.ts'

/**
 * What a platform call requests for the dialling queue. The default of each flag in Genesys is
 * false.
 */
export type QueueFlags = { priority: boolean; doNotQueue: boolean; clearSystemData: boolean }

/**
 * One write request that took effect. Requests of a list are in the order in which they took
 * effect.
 */
export type AppliedRequest = {
  revision: number
  operation: Operation
  requestId: string | null
  contacts: number
  /** For adds and files of the platform. null: any other request. */
  queue: QueueFlags | null
  at: string
}

export type ListLedger = {
  listId: string
  name: string
  /** How many contacts the list now holds. */
  contacts: number
  revision: number
  appliedRequests: number
  /** Contact writes that arrived while another write to the same list was still running. */
  overlappingRequests: number
  contactWrites: number
  /** Writes whose content the contact already had. */
  identicalWrites: number
  /** How many contacts had an id that the same request already had. */
  duplicateIdsInRequest: number
  /**
   * Contacts that were sent without an id of the caller (platform). A repeated request would store
   * them twice.
   */
  contactsWithoutId: number
  /** Required cells that arrived empty and were stored as null. */
  requiredNulls: number
  droppedCells: number
  clears: number
  /** Existing contacts that an add or a file puts back into the dialling queue (platform). */
  requeuedContacts: number
  writesPerContact: Record<string, number>
  applied: AppliedRequest[]
  /**
   * For each contact: how often it was written, and the revision of its last write. Filled only if
   * requested.
   */
  byContact?: Record<string, { writes: number; revision: number }>
}

export type Ledger = {
  startedAt: string
  requests: {
    total: number
    byDialect: Record<SandboxDialect, number>
    byOperation: Record<string, number>
    byStatus: Record<string, number>
  }
  /**
   * How many answers were 429: for a limit, by the fault plan, or for too many DNC writes at a
   * time.
   */
  throttled: number
  /** Calls over a limit, in both dialects together. A well-paced client has 0. */
  violations: number
  windows: Record<SandboxDialect, WindowReport>
  /** The X-Request-ID of calls with contacts. `conflicting`: the same id with other contacts. */
  requestIds: { distinct: number; repeated: number; conflicting: number; missing: number }
  tokens: { issued: number; refused: number; throttled: number; revocations: number }
  faultsFired: { total: number; byKind: Record<string, number> }
  imports: ImportEntry[]
  lists: ListLedger[]
} & Activity

export type ListCounter =
  | 'contactWrites'
  | 'identicalWrites'
  | 'duplicateIdsInRequest'
  | 'contactsWithoutId'
  | 'requiredNulls'
  | 'droppedCells'
  | 'clears'
  | 'requeuedContacts'

export type LedgerBook = {
  arrived(dialect: SandboxDialect | null, operation: Operation): void
  answered(status: number): void
  /**
   * Call it when a contact write arrives. Call the returned function once, when the write has ended
   * completely.
   */
  writeInFlight(listId: string): () => void
  requestId(id: string | null, fingerprint: string): void
  applied(listId: string, request: AppliedRequest): void
  count(listId: string, counter: ListCounter, by?: number): void
  token(outcome: keyof Ledger['tokens']): void
  faultFired(kind: FaultKind): void
  report(filter?: { listId?: string; contacts?: boolean }): Ledger
  reset(): void
}

type ListPage = Record<ListCounter, number> & {
  inFlight: number
  overlapping: number
  applied: AppliedRequest[]
}

const emptyPage = (): ListPage => ({
  contactWrites: 0,
  identicalWrites: 0,
  duplicateIdsInRequest: 0,
  contactsWithoutId: 0,
  requiredNulls: 0,
  droppedCells: 0,
  clears: 0,
  requeuedContacts: 0,
  inFlight: 0,
  overlapping: 0,
  applied: [],
})

const bump = (tally: Record<string, number>, key: string): void => {
  tally[key] = (tally[key] ?? 0) + 1
}

const contactsOf = (list: StoredList): Record<string, { writes: number; revision: number }> => {
  const { contacts } = list.contacts.page(0, Infinity)
  return Object.fromEntries(
    contacts.map(({ contactId, writes, revision }) => [contactId, { writes, revision }]),
  )
}

const listLedger = (list: StoredList, page: ListPage, withContacts: boolean): ListLedger => {
  const { inFlight: _, overlapping, applied, ...counters } = page
  return {
    listId: list.id,
    name: list.name,
    contacts: list.contacts.size,
    revision: list.revision,
    appliedRequests: applied.length,
    overlappingRequests: overlapping,
    ...counters,
    writesPerContact: list.contacts.writesHistogram(),
    applied: [...applied],
    ...(withContacts ? { byContact: contactsOf(list) } : {}),
  }
}

const createTallies = (startedAt: string) => ({
  startedAt,
  requests: {
    total: 0,
    byDialect: { guide: 0, platform: 0 },
    byOperation: {} as Record<string, number>,
    byStatus: {} as Record<string, number>,
  },
  requestIds: { repeated: 0, conflicting: 0, missing: 0 },
  tokens: { issued: 0, refused: 0, throttled: 0, revocations: 0 },
  faults: {} as Record<string, number>,
})

const beginWrite = (page: ListPage): (() => void) => {
  if (page.inFlight > 0) page.overlapping += 1
  page.inFlight += 1
  let open = true
  return () => {
    if (open) page.inFlight -= 1
    open = false
  }
}

const sumOf = (tally: Record<string, number>): number =>
  Object.values(tally).reduce((sum, fired) => sum + fired, 0)

const pageIn = (pages: Map<string, ListPage>, listId: string): ListPage => {
  const page = pages.get(listId) ?? emptyPage()
  pages.set(listId, page)
  return page
}

/**
 * Records what really happened, for tests and the demo to compare with. Holds no cells of contacts.
 */
export const createLedgerBook = (deps: {
  lists: ListStore
  referee: RateReferee
  activity: ActivityBook
  imports: Imports
  now: () => Date
}): LedgerBook => {
  let tallies = createTallies(deps.now().toISOString())
  const pages = new Map<string, ListPage>()
  const requestIds = new Map<string, string>()
  const pageOf = (listId: string): ListPage => pageIn(pages, listId)
  return {
    arrived: (dialect, operation) => {
      tallies.requests.total += 1
      if (dialect) tallies.requests.byDialect[dialect] += 1
      bump(tallies.requests.byOperation, operation)
    },
    answered: (status) => bump(tallies.requests.byStatus, String(status)),
    writeInFlight: (listId) => beginWrite(pageOf(listId)),
    requestId: (id, fingerprint) => {
      const known = id === null ? undefined : requestIds.get(id)
      if (id === null) tallies.requestIds.missing += 1
      else if (known === undefined) requestIds.set(id, fingerprint)
      else tallies.requestIds[known === fingerprint ? 'repeated' : 'conflicting'] += 1
    },
    applied: (listId, request) => pageOf(listId).applied.push(request),
    count: (listId, counter, by = 1) => {
      pageOf(listId)[counter] += by
    },
    token: (outcome) => {
      tallies.tokens[outcome] += 1
    },
    faultFired: (kind) => bump(tallies.faults, kind),
    report: (filter = {}) => {
      const windows = deps.referee.report()
      const { listId = null, contacts = false } = filter
      const lists = deps.lists.all().filter(({ id }) => listId === null || id === listId)
      const { startedAt, requests, tokens, faults, requestIds: ids } = structuredClone(tallies)
      return {
        startedAt,
        requests,
        throttled: requests.byStatus['429'] ?? 0,
        violations: windows.guide.violations + windows.platform.violations,
        windows,
        requestIds: { distinct: requestIds.size, ...ids },
        tokens,
        faultsFired: { total: sumOf(faults), byKind: faults },
        ...deps.activity.report(),
        imports: deps.imports.report(),
        lists: lists.map((list) => listLedger(list, pageOf(list.id), contacts)),
      }
    },
    reset: () => {
      tallies = createTallies(deps.now().toISOString())
      pages.clear()
      requestIds.clear()
    },
  }
}
