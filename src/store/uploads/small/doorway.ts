import type { ApiKey, Scope } from '../../../domain/access/access.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { QueueDefaults } from '../../../domain/contact-lists/queue-options.ts'
import type { Clock } from '../../../lib/clock.ts'
import { createGatherer } from '../../../lib/waiting/gather.ts'
import type { Doorway, SmallUploadStore } from '../../../workflows/ports/uploads/small-uploads.ts'
import { CERTAIN_NOW_TEXT } from '../../clock/steady-time.ts'
import { SEEN_COLUMNS, type SeenColumns, toSeen } from '../../contact-lists/list-cache.ts'
import {
  standingColumns,
  type StandingRow,
  toStanding,
} from '../../do-not-call/at-intake/standing.ts'
import type { Database } from '../../homes/database.ts'
import { keptStatement, runKept } from '../../homes/kept-statements.ts'
import type { Seals } from '../../homes/seals.ts'
import { KEPT_DAYS } from '../idempotency-store.ts'
import { type AnswerColumns, openAnswer } from '../stored-answer.ts'
import { restUnderLoad } from './rest-under-load.ts'

type DoorwayRow = {
  id: string | null
  tenant_id: string
  scopes: Scope[]
  expires_at: Date | null
  revoked_at: Date | null
  granted: boolean
  read_at: string | null
  list: ContactList | null
  queue: QueueDefaults | null
  state: 'claimed' | 'done' | null
  past: boolean | null
  fingerprint: string
  status: number
  location: string | null
  now: Date
} & AnswerColumns &
  SeenColumns &
  StandingRow

/**
 * Reads the data on which decisions about small uploads depend, for many uploads at a time. A door
 * is the pair of an API key and a contact list. Most of these uploads have the same door, so each
 * door is read only once. For each upload, only the claim of its Idempotency-Key is read. The
 * columns of a list are left out if the caller already has the newest reading (`knownAt`). Each row
 * is looked up by its key. A join planned while the table was small would read the whole table for
 * as long as the plan is kept.
 */
const READ = keptStatement(`with door as materialized (
    select asked.door, k.id, k.tenant_id, k.scopes, k.expires_at, k.revoked_at,
      exists (select from tenant_grant g where g.tenant_id = k.tenant_id and g.kind = 'contact_list'
        and g.object_id in (asked.list, '*')) as granted,
      c.read_at::text, case when c.read_at::text is distinct from asked."knownAt" then c.list end as list,
      ${SEEN_COLUMNS},
      ${standingColumns('asked.list')},
      s.queue
    from json_to_recordset($1::json) as asked (door int, digest text, list text, "knownAt" text)
      left join lateral (select * from api_key where digest = decode(asked.digest, 'hex') offset 0) k on true
      left join lateral (select list, read_at, taken_at from list_cache where list_id = asked.list offset 0) c on true
      left join lateral (select queue from list_setting where tenant_id = k.tenant_id and list_id = asked.list offset 0) s on true)
  select door.*, clock_timestamp() as now, i.state, i.fingerprint, i.status, i.sealed_body, i.same_file_as, i.location,
    i.done_at < ${CERTAIN_NOW_TEXT} - interval '${KEPT_DAYS} days' as past
  from json_to_recordset($2::json) as claim (place int, door int, method text, path text, key text)
    join door on door.door = claim.door
    left join lateral (select * from idempotency_key where tenant_id = door.tenant_id and method = claim.method
      and path = claim.path and key_digest = decode(claim.key, 'hex') offset 0) i on true
  order by claim.place`)

const AT_ONCE = 64
/**
 * The longest wait before a read is shorter than the longest wait before a write, because a read is
 * a cheap statement.
 */
const GATHERED = { ms: 40, enough: 16 }
/**
 * How many lists' readings are kept in memory. A gateway with more lists reads some of them again.
 */
const REMEMBERED_LISTS = 1_000

const keyOf = (row: DoorwayRow): ApiKey | null =>
  row.id === null
    ? null
    : {
        id: row.id,
        tenantId: row.tenant_id,
        scopes: row.scopes,
        expiresAt: row.expires_at,
        revokedAt: row.revoked_at,
      }

type Asked = Parameters<SmallUploadStore['read']>[0]

const claimOf = (seals: Seals, asked: Asked, row: DoorwayRow): Doorway['claim'] => {
  if (row.state === null) return 'free'
  if (row.state === 'claimed' || row.past === true) return 'taken'
  const { fingerprint, status, location } = row
  const { method, path, idempotencyKey } = asked
  const scope = { tenantId: row.tenant_id, method, path, key: idempotencyKey! }
  const body = openAnswer(seals, scope, row)
  return { kind: 'done', fingerprint, status, body, location }
}

type Known = { readAt: string; list: ContactList }

/**
 * The newest readings of lists. So the columns of a list are sent and parsed once for each reading,
 * and not once for each upload.
 */
const createReadings = () => {
  const known = new Map<string, Known>()
  return {
    readAt: (listId: string): string | null => known.get(listId)?.readAt ?? null,
    listOf: (listId: string, row: DoorwayRow, asked: Known | undefined): ContactList | null => {
      if (row.read_at === null) return null
      if (row.list === null) return asked?.list ?? null
      if (known.size >= REMEMBERED_LISTS) known.clear()
      known.set(listId, { readAt: row.read_at, list: row.list })
      return row.list
    },
    of: (listId: string): Known | undefined => known.get(listId),
  }
}

/**
 * Reads the data on which the decision about a small upload depends. Uploads that arrive during a
 * read share the next read.
 */
export const createReadDoorway = (deps: {
  database: Database
  clock: Pick<Clock, 'sleep'>
  seals: Seals
}): SmallUploadStore['read'] => {
  const { seals } = deps
  const readings = createReadings()
  const read = async (all: readonly Asked[]): Promise<Doorway[]> => {
    const before = new Map(all.map(({ listId }) => [listId, readings.of(listId)]))
    const doors = new Map<string, { door: number; digest: string; list: string }>()
    const claims = all.map(({ keyDigest, listId, method, path, idempotencyKey }, place) => {
      const digest = keyDigest.toString('hex')
      const name = `${digest} ${listId}`
      const { door } = doors.get(name) ?? { door: doors.size }
      doors.set(name, { door, digest, list: listId })
      const key = idempotencyKey === null ? null : seals.keyDigest(idempotencyKey).toString('hex')
      return { place, door, method, path, key }
    })
    const asked = [...doors.values()].map((door) => {
      return { ...door, knownAt: before.get(door.list)?.readAt ?? null }
    })
    const given = [JSON.stringify(asked), JSON.stringify(claims)]
    const rows = await runKept<DoorwayRow>(deps.database.db, READ, given)
    return rows.map((row, place) => {
      const { listId } = all[place]!
      const list = readings.listOf(listId, row, before.get(listId))
      return {
        key: keyOf(row),
        granted: row.granted,
        list: list === null ? null : toSeen(list, row),
        queue: row.queue ?? {},
        standing: toStanding(row),
        claim: claimOf(seals, all[place]!, row),
        now: row.now,
      }
    })
  }
  return createGatherer(read, AT_ONCE, { rest: restUnderLoad(deps.clock, GATHERED) })
}
