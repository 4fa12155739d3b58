import { randomUUID } from 'node:crypto'

import type { Clock } from '../../../lib/clock.ts'
import { Refusal } from '../../server/refusal.ts'

/** The four kinds of values that an internal list holds, with the platform's names. */
export const DNC_KINDS = ['phone', 'email', 'customExclusion', 'whatsApp'] as const
export type DncKind = (typeof DNC_KINDS)[number]

export const DNC_SOURCE_TYPES = ['rds', 'rds_custom', 'dnc.com', 'gryphon'] as const
export type DncSourceType = (typeof DNC_SOURCE_TYPES)[number]

export type DncEntry = {
  /** When the entry expires (ISO 8601). null: never. */
  expiresAt: string | null
  /** Guide: the reason. null: the entry was written in any other way. */
  reason: string | null
  /** Who wrote the entry: a call of the API, an agent inside Genesys, or a file. */
  by: 'api' | 'agent' | 'file'
  writes: number
}

/** An `Idempotency-Key` of a write in the guide dialect. It is kept after its request has ended. */
export type KeptKey = { fingerprint: string; busyUntilMs: number; answer: unknown }

export type StoredDncList = {
  id: string
  name: string
  version: number
  dncSourceType: DncSourceType
  contactMethod: string | null
  customExclusionColumn: string | null
  /** Members that are stored and shown unchanged. */
  members: Record<string, unknown>
  divisionId: string
  dateCreated: string
  dateModified: string
  entries: Record<DncKind, Map<string, DncEntry>>
  keys: Map<string, KeptKey>
  /** How many write requests took effect. */
  writes: number
}

export type SandboxDncList = { id: string; name: string }

export type DncLists = {
  /**
   * `now`: how many write requests of the guide dialect are open. `most`: the highest number that
   * was open at the same time. Refused requests count too.
   */
  flight: { now: number; most: number }
  add(
    list: SandboxDncList &
      Partial<
        Pick<
          StoredDncList,
          'dncSourceType' | 'contactMethod' | 'customExclusionColumn' | 'members' | 'divisionId'
        >
      >,
  ): StoredDncList
  /** Throws a 404 refusal. */
  get(id: string): StoredDncList
  find(id: string): StoredDncList | undefined
  all(): StoredDncList[]
  remove(id: string): void
  /**
   * Puts values into a list. A value that the list already has gets the new expiry and the new
   * reason. Returns how many values were new (`created`), known with the same expiry and reason
   * (`duplicate`), and changed (`updated`).
   */
  put(
    list: StoredDncList,
    kind: DncKind,
    values: readonly string[],
    about: Pick<DncEntry, 'expiresAt' | 'reason' | 'by'>,
  ): { created: number; duplicate: number; updated: number }
  take(list: StoredDncList, kind: DncKind, values: readonly string[]): void
  /** Removes every entry of this kind, or only those that have expired. */
  empty(list: StoredDncList, kind: DncKind, expiredOnly: boolean): void
  reset(): void
}

/** The id of the home division, as in `named-entities.ts`. */
const HOME = 'sandbox-home-division'

const emptyEntries = (): StoredDncList['entries'] => ({
  phone: new Map(),
  email: new Map(),
  customExclusion: new Map(),
  whatsApp: new Map(),
})

const putOne = (
  entries: Map<string, DncEntry>,
  value: string,
  about: Pick<DncEntry, 'expiresAt' | 'reason' | 'by'>,
): 'created' | 'duplicate' | 'updated' => {
  const known = entries.get(value)
  entries.set(value, { ...about, writes: (known?.writes ?? 0) + 1 })
  if (known === undefined) return 'created'
  return known.expiresAt === about.expiresAt && known.reason === about.reason
    ? 'duplicate'
    : 'updated'
}

const withoutExpired = (list: StoredDncList, kind: DncKind, now: string): void => {
  for (const [value, { expiresAt }] of list.entries[kind]) {
    if (expiresAt !== null && expiresAt <= now) list.entries[kind].delete(value)
  }
}

const madeList = (made: Parameters<DncLists['add']>[0], at: string): StoredDncList => ({
  id: made.id || randomUUID(),
  name: made.name,
  version: 1,
  dncSourceType: made.dncSourceType ?? 'rds',
  contactMethod: made.contactMethod === undefined ? 'Any' : made.contactMethod,
  customExclusionColumn: made.customExclusionColumn ?? null,
  members: made.members ?? {},
  divisionId: made.divisionId ?? HOME,
  dateCreated: at,
  dateModified: at,
  entries: emptyEntries(),
  keys: new Map(),
  writes: 0,
})

/**
 * Begins without lists. `add` replaces a list that has the same id. An empty id is replaced by a
 * random id.
 */
export const createDncLists = ({ clock }: { clock: Clock }): DncLists => {
  const lists = new Map<string, StoredDncList>()
  const flight = { now: 0, most: 0 }
  return {
    flight,
    add: (made) => {
      const list = madeList(made, clock.now().toISOString())
      lists.set(list.id, list)
      return list
    },
    get: (id) => {
      const list = lists.get(id)
      if (!list) throw new Refusal(404, 'dnc.list.not.found', 'The DNC list was not found.')
      return list
    },
    find: (id) => lists.get(id),
    all: () => [...lists.values()],
    remove: (id) => {
      lists.delete(id)
    },
    put: (list, kind, values, about) => {
      const tallies = { created: 0, duplicate: 0, updated: 0 }
      for (const value of values) tallies[putOne(list.entries[kind], value, about)] += 1
      list.writes += 1
      return tallies
    },
    take: (list, kind, values) => {
      for (const value of values) list.entries[kind].delete(value)
      list.writes += 1
    },
    empty: (list, kind, expiredOnly) => {
      if (expiredOnly) withoutExpired(list, kind, clock.now().toISOString())
      else list.entries[kind].clear()
      list.writes += 1
    },
    reset: () => {
      lists.clear()
      flight.most = flight.now
    },
  }
}
