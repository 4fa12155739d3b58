import { AUDIT_COLUMNS, AUDIT_TYPES } from '../../audit/audit-store.ts'
import { CERTAIN_NOW_TEXT } from '../../clock/steady-time.ts'
import { keptStatement } from '../../homes/kept-statements.ts'

/** Columns of the upload that are written as given and differ between uploads, with their types. */
const OWN_COLUMNS = {
  id: 'text',
  source: 'jsonb',
  request_id: 'text',
  plan_digest: 'text',
  plan_basis: 'text',
} as const
/**
 * Columns whose values are mostly the same for uploads to one list. They are sent once for all
 * uploads with the same values, because a server takes long to read JSON.
 */
const COMMON_COLUMNS = {
  tenant_id: 'text',
  contact_list_id: 'text',
  lane_key: 'text',
  mode: 'text',
  duplicates: 'text',
  queue: 'jsonb',
  method: 'text',
  duplicate_check_field: 'text',
  schema_version: 'text',
  owner: 'text',
  data_key_id: 'text',
  columns: 'jsonb',
  target_columns: 'jsonb',
  rejections: 'jsonb',
  rows_read: 'int',
  rows_accepted: 'int',
  rows_rejected: 'int',
  rows_duplicates: 'int',
  rows_suppressed: 'int',
  rows_blank: 'int',
  options: 'jsonb',
  suppression_epochs: 'jsonb',
  registries: 'jsonb',
} as const
/** Values for other tables that differ between uploads, with their types. */
const OWN_VALUES = {
  at: 'timestamptz',
  claim_key: 'text',
  fingerprint: 'text',
  audit: 'json',
} as const
const COMMON_VALUES = {
  key_id: 'text',
  claim_method: 'text',
  claim_path: 'text',
  status: 'int',
  first_line: 'int',
  last_line: 'int',
  accepted: 'int',
} as const

/** The values of an upload that are written, except its byte values. */
export type StagedValues = Record<
  | keyof typeof OWN_COLUMNS
  | keyof typeof OWN_VALUES
  | keyof typeof COMMON_COLUMNS
  | keyof typeof COMMON_VALUES,
  unknown
>
/**
 * The byte values of an upload, which are sent in one parameter, one after the other. If they were
 * in the JSON, in hex, they would be most of what a server has to read.
 */
const PIECES = [
  ...(['data_key', 'file_name', 'file_name_digest', 'sealed', 'sealed_same', 'payload'] as const),
  ...(['left_out', 'replaced_by', 'id_digests', 'subjects', 'suppressed'] as const),
] as const
export type Pieces = Record<Piece, Uint8Array>
type Piece = (typeof PIECES)[number]
/**
 * The expression for one of these values, from a row of `given`. `ends` holds the offset of the
 * first value, and then the end of each value.
 */
const piece = (name: Piece): string => {
  const place = PIECES.indexOf(name) + 1
  return `substring($2::bytea from ends[${place}] + 1 for ends[${place + 1}] - ends[${place}])`
}
const names = [...Object.keys(OWN_COLUMNS), ...Object.keys(COMMON_COLUMNS)]
const typed = (types: Record<string, string>): string =>
  Object.entries(types)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')
const prefixed = (table: string, of: readonly string[]): string =>
  of.map((name) => `${table}.${name}`).join(', ')

const pick = (values: StagedValues, of: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(of.map((name) => [name, values[name as keyof StagedValues]]))
const OWN = [...Object.keys(OWN_COLUMNS), ...Object.keys(OWN_VALUES)]
const COMMON = [...Object.keys(COMMON_COLUMNS), ...Object.keys(COMMON_VALUES)]

/**
 * Whether the call has not lost its right: its key has not ended, and its tenant has the grant for
 * the list. `key_id` null: the call is staged by the right that it had at its beginning. Each row
 * is looked up by its key, and not joined.
 */
const HAS_RIGHT = `common.key_id is null or (
    coalesce((select k.revoked_at is null and coalesce(k.expires_at > ${CERTAIN_NOW_TEXT}, true) from api_key k where k.id = common.key_id), true)
    and (select true from tenant_grant r where r.tenant_id = common.tenant_id and r.kind = 'contact_list'
      and r.object_id in (common.contact_list_id, '*') limit 1) is true)`

/**
 * Stages many uploads in one statement, so that one commit makes all of them durable. If another
 * call has claimed the key of an upload, the upload is left out. If that call has not committed
 * yet, this statement waits for it. All other uploads are staged anyway. An upload whose call has
 * lost its right is left out too.
 *
 * `sealed` is the answer. `sealed_same` is the answer if an earlier upload had the same file. Only
 * the database knows which answer is right. An upload that is being staged at the same moment may
 * be missed. The answer then lacks a warning. Nothing depends on this warning.
 *
 * Locks the keys in order, and then the lanes in order.
 */
export const STAGE = keptStatement(`with given as materialized (
    select g.*, ${prefixed('common', COMMON)}, (${HAS_RIGHT}) as has_right, (select earlier.id from upload earlier where earlier.source ->> 'sha256' = g.source ->> 'sha256'
        and earlier.tenant_id || ' ' || earlier.contact_list_id = common.tenant_id || ' ' || common.contact_list_id
        and earlier.contact_list_id is not distinct from common.contact_list_id and earlier.state <> 'receiving' and earlier.parent_id is null
        order by earlier.accepted_seq desc limit 1) as same_file_as
    from json_to_recordset($1::json) as g (place int, alike int, ends int[], ${typed({ ...OWN_COLUMNS, ...OWN_VALUES })})
      join json_to_recordset($3::json) as common (alike int, ${typed({ ...COMMON_COLUMNS, ...COMMON_VALUES })}) on common.alike = g.alike),
  claimed as (
    insert into idempotency_key (tenant_id, method, path, key_digest, state, owner, fingerprint, status, sealed_body, same_file_as, location, done_at)
    select tenant_id, claim_method, claim_path, decode(claim_key, 'hex'), 'done', owner, fingerprint, status,
      case when same_file_as is null then ${piece('sealed')} else ${piece('sealed_same')} end, same_file_as,
      '/v1/uploads/' || id, clock_timestamp()
    from given where has_right order by tenant_id, claim_method, claim_path, claim_key
    on conflict do nothing returning location),
  taken as materialized (
    select given.*, row_number() over (partition by lane_key order by place) as nth,
      count(*) over (partition by lane_key) as of_lane
    from given join claimed on claimed.location = '/v1/uploads/' || given.id),
  laned as (
    insert into lane as l (key, last_seq) select lane_key, max(of_lane) from taken group by lane_key order by lane_key
    on conflict (key) do update set last_seq = l.last_seq + excluded.last_seq, woken = true,
      ready_at = least(l.ready_at, clock_timestamp())
    returning key, last_seq),
  staged as (
    insert into upload (state, accepted_seq, version, batches_total, same_file_as, data_key, file_name, file_name_digest, created_at, updated_at, checked_at, ${names.join(', ')})
    select 'staged', last_seq - of_lane + nth, 1, 1, same_file_as, ${piece('data_key')}, nullif(${piece('file_name')}, ''),
      nullif(${piece('file_name_digest')}, ''), at, at, at, ${prefixed('taken', names)}
    from taken join laned on laned.key = taken.lane_key returning id, accepted_seq),
  stored as (
    insert into chunk (upload_id, seq, first_line, last_line, accepted, payload, left_out, replaced_by, id_digests, subjects, suppressed)
    select id, 0, first_line, last_line, accepted, ${(['payload', 'left_out', 'replaced_by', 'id_digests', 'subjects', 'suppressed'] as const).map(piece).join(', ')}
    from taken),
  noted as (
    insert into audit_entry (${AUDIT_COLUMNS})
    select ${AUDIT_COLUMNS} from (select a.* from taken, json_to_record(taken.audit) as a (${AUDIT_TYPES})) as entry)
  select given.place, staged.accepted_seq, given.same_file_as, given.has_right
  from given left join staged on staged.id = given.id order by given.place`)

/** The parameters of `STAGE` for these uploads. */
export const parametersOf = (
  all: readonly { values: StagedValues; pieces: Pieces }[],
): [string, Buffer, string] => {
  const pieces = all.flatMap((one) => PIECES.map((name) => one.pieces[name]))
  let end = 0
  const ends = pieces.map(({ length }) => (end += length))
  const common = new Map<string, number>()
  const given = all.map(({ values }, place) => {
    const shared = JSON.stringify(pick(values, COMMON))
    const alike = common.get(shared) ?? common.size
    common.set(shared, alike)
    const first = place * PIECES.length
    const own = [ends[first - 1] ?? 0, ...ends.slice(first, first + PIECES.length)]
    return { place, alike, ...pick(values, OWN), ends: own }
  })
  const shared = [...common].map(([text, alike]) => `{"alike":${alike},${text.slice(1)}`)
  return [JSON.stringify(given), Buffer.concat(pieces), `[${shared.join()}]`]
}
