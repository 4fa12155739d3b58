import { packSuppressed } from '../../../domain/do-not-call/suppression.ts'
import { packSubjects } from '../../../domain/uploads/chunk.ts'
import { brokenSums, type Upload } from '../../../domain/uploads/upload.ts'
import { newKey, sealingKey } from '../../../lib/envelope.ts'
import { createGatherer } from '../../../lib/gather.ts'
import type {
  SmallUpload,
  SmallUploadStore,
  StoredAnswer,
} from '../../../workflows/ports/uploads/small-uploads.ts'
import { auditColumns, AUDIT_COLUMNS, AUDIT_TYPES } from '../../audit/audit-store.ts'
import { createEnsureRegister } from '../../delivery/register.ts'
import type { Database } from '../../homes/database.ts'
import { keptStatement, runKept } from '../../homes/kept-statements.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import { createEncodeChunk, type EncodeChunk } from '../chunk-codec.ts'
import { keyContext } from '../data-keys.ts'
import { namelessSource } from '../source-columns.ts'
import { linesAsBytes } from '../stage.ts'
import { type AnswerColumns, openAnswer, sealSplitAnswer } from '../stored-answer.ts'
import { aroundSameFile, stagedSmallUpload } from './small-upload-row.ts'

/** Columns of the upload that come as they are, with their types. */
const UPLOAD_VALUES = {
  id: 'text',
  tenant_id: 'text',
  contact_list_id: 'text',
  lane_key: 'text',
  mode: 'text',
  duplicates: 'text',
  queue: 'jsonb',
  method: 'text',
  duplicate_check_field: 'text',
  source: 'jsonb',
  schema_version: 'text',
  request_id: 'text',
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
  plan_digest: 'text',
  plan_basis: 'text',
  suppression_epochs: 'jsonb',
  registries: 'jsonb',
} as const
/**
 * Bytes of an upload, which go as bytes behind each other: as hex in the JSON they were most of
 * what a server reads of an upload.
 */
const PIECES = [
  ...(['data_key', 'file_name', 'file_name_digest', 'sealed', 'sealed_same', 'payload'] as const),
  ...(['left_out', 'replaced_by', 'id_digests', 'subjects', 'suppressed'] as const),
] as const
type Piece = (typeof PIECES)[number]
/** The piece of a row of `given`, whose `ends` say where the first begins and each ends. */
const piece = (name: Piece): string => {
  const place = PIECES.indexOf(name) + 1
  return `substring($2::bytea from ends[${place}] + 1 for ends[${place + 1}] - ends[${place}])`
}
const names = Object.keys(UPLOAD_VALUES)
const typed = Object.entries(UPLOAD_VALUES).map(([name, type]) => `${name} ${type}`)
const prefixed = (table: string, of: readonly string[]): string =>
  of.map((name) => `${table}.${name}`).join(', ')

/**
 * Everything of many uploads in one statement, so that one commit makes all of them durable. A key
 * that somebody has claimed is waited for and then left out, and everything of its upload with it;
 * the others are not undone. `sealed` is the answer, and `sealed_same` the one where an earlier
 * upload had the same file, which only the database knows; one that is being staged in this very
 * moment may be missed, which costs a warning and decides nothing. Locks: keys in their order, then
 * lanes in theirs.
 */
const STAGE = keptStatement(`with given as materialized (
    select g.*, (select earlier.id from upload earlier where earlier.source ->> 'sha256' = g.source ->> 'sha256'
        and earlier.tenant_id || ' ' || earlier.contact_list_id = g.tenant_id || ' ' || g.contact_list_id
        and earlier.contact_list_id is not distinct from g.contact_list_id and earlier.state <> 'receiving' and earlier.parent_id is null
        order by earlier.accepted_seq desc limit 1) as same_file_as
    from json_to_recordset($1::json) as g (place int, at timestamptz, ${typed.join(', ')}, ends int[],
      claim_method text, claim_path text, claim_key text, fingerprint text, status int,
      first_line int, last_line int, accepted int, audit json)),
  claimed as (
    insert into idempotency_key (tenant_id, method, path, key_digest, state, owner, fingerprint, status, sealed_body, same_file_as, location, done_at)
    select tenant_id, claim_method, claim_path, decode(claim_key, 'hex'), 'done', owner, fingerprint, status,
      case when same_file_as is null then ${piece('sealed')} else ${piece('sealed_same')} end, same_file_as,
      '/v1/uploads/' || id, clock_timestamp()
    from given order by tenant_id, claim_method, claim_path, claim_key
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
  select given.place, staged.accepted_seq, given.same_file_as
  from given left join staged on staged.id = given.id order by given.place`)

type StagedRow = { place: number; accepted_seq: string | null; same_file_as: string | null }

const AT_ONCE = 64
const NOTHING = Buffer.alloc(0)

/** The upload as it will be, and what of it is written. */
type Ready = {
  upload: Upload
  answer: { status: number; body: string }
  answerOf: (upload: Upload) => { status: number; body: string }
  laneKey: string
  values: Record<string, unknown>
  pieces: Record<Piece, Uint8Array>
}

const readyOf = async (
  { keyring, seals }: Secrets,
  encodeChunk: EncodeChunk,
  small: SmallUpload,
): Promise<Ready> => {
  const { begun, staging, chunk, at } = small
  const broken = brokenSums(staging.counts, false)
  if (broken.length > 0) {
    throw new Error(`Upload ${begun.id}: rows do not add up (${broken.join(', ')})`)
  }
  const dataKey = newKey()
  const wrapped = keyring.seal(keyContext(begun.id), dataKey)
  const payload = await encodeChunk(sealingKey(dataKey), begun.id, chunk)
  const { row, upload } = stagedSmallUpload(small)
  const answer = staging.answer(upload)
  const { claim } = staging
  const scope = { tenantId: staging.tenantId, ...claim }
  const parts = aroundSameFile(answer.body, staging.answer, upload)
  const { fileName } = staging.source
  const name = fileName === null ? null : seals.sealFileName(begun.id, fileName)
  return {
    upload,
    answer,
    answerOf: staging.answer,
    laneKey: begun.laneKey,
    values: {
      ...row,
      source: namelessSource(staging.source),
      at,
      data_key_id: wrapped.keyId,
      claim_method: claim.method,
      claim_path: claim.path,
      claim_key: seals.keyDigest(claim.key).toString('hex'),
      fingerprint: claim.fingerprint,
      status: answer.status,
      first_line: chunk.firstLine,
      last_line: chunk.lastLine,
      accepted: chunk.lines.length,
      audit: auditColumns(staging.audit),
    },
    pieces: {
      data_key: wrapped.sealed,
      file_name: name?.sealed ?? NOTHING,
      file_name_digest: name?.digest ?? NOTHING,
      sealed: seals.sealAnswer(scope, answer.body),
      sealed_same: sealSplitAnswer(seals, scope, parts),
      payload,
      left_out: staging.leftOut.get(0) ?? NOTHING,
      replaced_by: linesAsBytes(staging.replacedBy.get(0) ?? new Uint32Array()),
      id_digests: chunk.idDigests,
      subjects: packSubjects(chunk),
      suppressed: packSuppressed(staging.suppressed.get(0) ?? []),
    },
  }
}

type Staged = { acceptedSeq: number; sameFileAs: string | null } | null

const write =
  ({ db }: Database) =>
  async (all: readonly Ready[]): Promise<Staged[]> => {
    const pieces = all.flatMap((one) => PIECES.map((name) => one.pieces[name]))
    let end = 0
    const ends = pieces.map(({ length }) => (end += length))
    const given = all.map(({ values }, place) => {
      const first = place * PIECES.length
      const own = [ends[first - 1] ?? 0, ...ends.slice(first, first + PIECES.length)]
      return { place, ...values, ends: own }
    })
    const rows = await runKept<StagedRow>(db, STAGE, [JSON.stringify(given), Buffer.concat(pieces)])
    return rows.map(({ accepted_seq: seq, same_file_as: sameFileAs }) =>
      seq === null ? null : { acceptedSeq: Number(seq), sameFileAs },
    )
  }

/**
 * Uploads of one lane go one commit after the other anyway, for its row is locked: those that come
 * meanwhile share the next one. Lanes do not wait for each other, but if there is only one
 * connection.
 */
const createWrites = (database: Database) => {
  if (database.kind === 'embedded') return createGatherer(write(database), AT_ONCE)
  const lanes = new Map<string, { stage: (ready: Ready) => Promise<Staged>; open: number }>()
  return async (ready: Ready): Promise<Staged> => {
    const lane = lanes.get(ready.laneKey) ?? {
      stage: createGatherer(write(database), AT_ONCE),
      open: 0,
    }
    lanes.set(ready.laneKey, lane)
    lane.open += 1
    try {
      return await lane.stage(ready)
    } finally {
      lane.open -= 1
      if (lane.open === 0) lanes.delete(ready.laneKey)
    }
  }
}

type AnswerRow = Omit<StoredAnswer, 'body'> & AnswerColumns & { state: 'claimed' | 'done' }

const ANSWER =
  keptStatement(`select state, fingerprint, status, sealed_body, same_file_as, location from idempotency_key
  where tenant_id = $1 and method = $2 and path = $3 and key_digest = $4`)

const answerOfOther = async (
  { db }: Database,
  seals: Seals,
  { staging: { tenantId, claim } }: SmallUpload,
): Promise<Awaited<ReturnType<SmallUploadStore['stage']>>> => {
  const scope = [tenantId, claim.method, claim.path, seals.keyDigest(claim.key)]
  const [row] = await runKept<AnswerRow>(db, ANSWER, scope)
  // Released between the two statements, or not answered yet: the caller comes again.
  if (row?.state !== 'done') return { kind: 'in_progress' }
  const { fingerprint, status, location } = row
  const body = openAnswer(seals, { tenantId, ...claim }, row)
  return { kind: 'done', fingerprint, status, body, location }
}

type Secrets = { keyring: Keyring; seals: Seals }

export const createStageSmall = (
  deps: { database: Database } & Secrets,
): SmallUploadStore['stage'] => {
  const encodeChunk = createEncodeChunk()
  const stage = createWrites(deps.database)
  const ensureRegister = createEnsureRegister(deps.database.db)
  return async (small) => {
    await ensureRegister(small.begun.tenantId, small.begun.contactListId)
    const ready = await readyOf(deps, encodeChunk, small)
    const staged = await stage(ready)
    if (staged === null) return answerOfOther(deps.database, deps.seals, small)
    const { acceptedSeq, sameFileAs } = staged
    const upload = { ...ready.upload, acceptedSeq, contentSeq: acceptedSeq, sameFileAs }
    return {
      kind: 'staged',
      upload,
      answer: sameFileAs === null ? ready.answer : ready.answerOf(upload),
    }
  }
}
