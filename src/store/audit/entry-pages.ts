import { sql, type RawBuilder } from 'kysely'

import type {
  AuditEntryFilter,
  AuditMark,
  AuditReader,
  ChainedEntry,
  EntryPage,
} from '../../workflows/ports/audit/chain.ts'
import type { Database, Db } from '../homes/database.ts'
import { ENTRY_JSON } from './chain-store.ts'

/**
 * The most entries that one call tests one by one, for conditions that no index covers. Without
 * this limit, a filter for a rare value would read the whole trail for one page.
 */
const EXAMINED = 20_000

/** Actions that most uploads have. The index audit_entry_of_action does not contain them. */
const FREQUENT_ACTIONS = [
  'upload.accepted',
  'upload.moved',
  'upload.batch.intended',
  'upload.batch.settled',
  'upload.finished',
  'sync.delivered',
] as const
const IS_RARE = sql.raw(
  `e.action not in (${FREQUENT_ACTIONS.map((action) => `'${action}'`).join(', ')})`,
)

type EntryRow = { entry: Omit<ChainedEntry, 'hash'>; hash: string }

/**
 * The time as a number. Callers may send times with a year 0 or with an offset of a whole day, and
 * PostgreSQL would refuse such a time as text.
 */
const moment = (time: string) => sql`to_timestamp(${Date.parse(time) / 1000}::float8)`

const NONE = sql``

const ofTimes = ({ from, to }: AuditEntryFilter) => sql`
  ${from === undefined ? NONE : sql`and e.at >= ${moment(from)}`}
  ${to === undefined ? NONE : sql`and e.at < ${moment(to)}`}`

/**
 * The conditions that are not about times. `indexed`: an index finds the entries that meet the
 * condition.
 */
const conditionsOf = ({ viewer, action, actions, object, actor }: AuditEntryFilter) => {
  const isRare = action !== undefined && !(FREQUENT_ACTIONS as readonly string[]).includes(action)
  return [
    object === undefined ? null : { text: sql`and e.object = ${object}`, indexed: true },
    action === undefined
      ? null
      : {
          text: sql`and e.action = ${action} ${isRare ? sql`and ${IS_RARE}` : NONE}`,
          indexed: isRare,
        },
    actor === undefined
      ? null
      : {
          text: sql`and e.actor = ${actor} ${actor === 'gateway' ? NONE : sql`and e.actor <> 'gateway'`}`,
          indexed: actor !== 'gateway',
        },
    actions === undefined ? null : { text: sql`and e.action = any(${actions})`, indexed: false },
    viewer === null ? null : { text: sql`and e.tenant_id = ${viewer}`, indexed: false },
  ].filter((one) => one !== null)
}

const joined = (conditions: readonly { text: RawBuilder<unknown> }[]): RawBuilder<unknown> =>
  conditions.length === 0
    ? NONE
    : sql.join(
        conditions.map(({ text }) => text),
        sql` `,
      )

const shown = ({ entry, hash }: EntryRow): ChainedEntry => ({ ...entry, hash })

/** `rest`: where to continue if all found entries fit on the page. null: no entries follow. */
const pageOf = (
  found: readonly ChainedEntry[],
  {
    limit,
    markOf,
    rest,
  }: {
    limit: number
    markOf: (entry: ChainedEntry) => AuditMark
    rest: AuditMark | null
  },
): EntryPage => {
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, next: last === undefined ? rest : markOf(last) }
}

const numberOf = ({ seq }: ChainedEntry): AuditMark => ({ seq })

/**
 * Whether the page is read from the chain without a limit on the entries that are examined. This is
 * the case without a condition, because every entry then belongs to the page. It is also the case
 * for one object, because an object has few entries.
 */
const isDense = ({ object }: AuditEntryFilter, conditions: readonly unknown[]): boolean =>
  conditions.length === 0 || object !== undefined

const inChain = async (
  db: Db,
  filter: AuditEntryFilter,
  { place, limit }: { place: RawBuilder<unknown>; limit: number },
): Promise<EntryPage> => {
  const { rows } = await sql<EntryRow>`select ${ENTRY_JSON(sql`p.seq`)} as entry, p.hash
    from audit_place p join audit_entry e on e.id = p.entry_id
    where true ${joined(conditionsOf(filter))} ${place} limit ${limit + 1}`.execute(db)
  return pageOf(rows.map(shown), { limit, markOf: numberOf, rest: null })
}

/**
 * The entries that meet the conditions, among the next `examined` entries of the chain. Each entry
 * is looked up by its id. Otherwise the planner would read all entries, because it cannot know how
 * few are needed.
 */
const amongNext = async (
  db: Db,
  filter: AuditEntryFilter,
  { after, limit, examined }: { after: number; limit: number; examined: number },
): Promise<EntryPage> => {
  const { rows: ends } = await sql<{ first: string | null; last: string | null }>`
    select min(seq) as first, max(seq) as last from audit_place`.execute(db)
  const low = Math.max(after, Number(ends[0]?.first ?? 1) - 1)
  const high = low + examined
  const { rows } = await sql<EntryRow>`select ${ENTRY_JSON(sql`p.seq`)} as entry, p.hash
    from audit_place p cross join lateral (select * from audit_entry e
      where e.id = p.entry_id ${joined(conditionsOf(filter))} offset 0) as e
    where p.seq > ${low} and p.seq <= ${high} order by p.seq limit ${limit + 1}`.execute(db)
  const rest = high < Number(ends[0]?.last ?? 0) ? { seq: high } : null
  return pageOf(rows.map(shown), { limit, markOf: numberOf, rest })
}

type TimedRow = {
  entry: Omit<ChainedEntry, 'hash'>
  hash: string | null
  fits: boolean
  ends: boolean
}

/**
 * The entries in the order of their times. If one of the conditions has an index, the index finds
 * the entries that meet this condition. Otherwise all entries are candidates. The candidates, at
 * most `examined`, are tested one by one for the other conditions. If the entries that meet all
 * conditions do not fill the page, the next page continues after the last entry examined. Entries
 * that are not in the chain yet are left out.
 */
const inTime = async (
  db: Db,
  filter: AuditEntryFilter,
  asked: {
    mark: { at: string; id: string } | null
    isForward: boolean
    limit: number
    examined: number
  },
): Promise<EntryPage> => {
  const { mark, isForward, limit } = asked
  const conditions = conditionsOf(filter)
  const found = conditions.find(({ indexed }) => indexed)
  const others = conditions.filter((one) => one !== found)
  const examined = others.length === 0 ? limit + 1 : asked.examined
  const [order, than] = isForward
    ? [sql`order by e.at, e.id`, sql.raw('>')]
    : [sql`order by e.at desc, e.id desc`, sql.raw('<')]
  const beyond =
    mark === null
      ? NONE
      : sql`and e.at ${than}= ${mark.at}::timestamptz
          and (e.at, e.id) ${than} (${mark.at}::timestamptz, ${mark.id})`
  const examinedInOrder = sql`select e.*, row_number() over () as n from (
    select * from audit_entry e where true ${found?.text ?? NONE} ${ofTimes(filter)} ${beyond}
    ${order} limit ${examined}) as e`
  const fits = sql`(true ${joined(others)})`
  const ends = sql`e.n = ${examined}`
  const { rows } = await sql<TimedRow>`select ${ENTRY_JSON(sql`p.seq`)} as entry, p.hash,
      p.hash is not null and ${fits} as fits, ${ends} as ends
    from (select * from (${examinedInOrder}) as e where ${fits} or ${ends}) as e
      left join lateral (select p.seq, p.hash from audit_place p
        where p.entry_id = e.id offset 0) as p on true
    where p.hash is not null or ${ends} ${order} limit ${limit + 1}`.execute(db)
  const end = rows.find(({ ends }) => ends)?.entry
  return pageOf(
    rows.filter(({ fits }) => fits).map(({ entry, hash }) => ({ ...entry, hash: hash! })),
    {
      limit,
      markOf: ({ at, id }) => ({ at, id }),
      rest: end === undefined ? null : { at: end.at, id: end.id },
    },
  )
}

/** Reads the entries of the chain, page by page. Only tests set `examined`. */
export const createEntryPages = ({
  database: { db },
  examined = EXAMINED,
}: {
  database: Database
  examined?: number
}): Pick<AuditReader, 'entries' | 'newest'> => ({
  entries: async (filter, { after, limit }) => {
    if (filter.from !== undefined || filter.to !== undefined) {
      if (after !== null && 'seq' in after) return null
      return inTime(db, filter, { mark: after, isForward: true, limit, examined })
    }
    if (after !== null && !('seq' in after)) return null
    const seq = after?.seq ?? 0
    return isDense(filter, conditionsOf(filter))
      ? inChain(db, filter, { place: sql`and p.seq > ${seq} order by p.seq`, limit })
      : amongNext(db, filter, { after: seq, limit, examined })
  },
  newest: async (filter, { before, limit }) => {
    const isTimed = filter.from !== undefined || filter.to !== undefined
    if (isTimed || !isDense(filter, conditionsOf(filter))) {
      if (before !== null && 'seq' in before) return null
      return inTime(db, filter, { mark: before, isForward: false, limit, examined })
    }
    if (before !== null && !('seq' in before)) return null
    const older = before === null ? NONE : sql`and p.seq < ${before.seq}`
    return inChain(db, filter, { place: sql`${older} order by p.seq desc`, limit })
  },
})
