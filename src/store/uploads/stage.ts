import { sql, type RawBuilder } from 'kysely'

import { packSuppressed } from '../../domain/do-not-call/suppression.ts'
import { brokenSums, completedState, type Upload } from '../../domain/uploads/upload.ts'
import { bytesOf } from '../../lib/memory-bytes.ts'
import {
  RetriedBeside,
  StagingLost,
  type StageUpload,
  type UploadStore,
} from '../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { sameFileAs } from './same-file.ts'
import { sourceColumns } from './source-columns.ts'
import { answerClaim } from './stored-answer.ts'
import { lockUpload, toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/**
 * Takes the next number of the lane. The lock of the lane's row lasts until the commit, so the
 * order of the numbers is the order of the commits. Always wakes the lane, because the lane may
 * finish its other work while this statement waits for the lock. A lane that is already ready keeps
 * its place.
 */
const takeSeq = async (tx: Tx, laneKey: string): Promise<string> => {
  const { rows } = await sql<{ last_seq: string }>`
    insert into lane as l (key) values (${laneKey})
    on conflict (key) do update set last_seq = l.last_seq + 1, woken = true,
      ready_at = least(l.ready_at, clock_timestamp())
    returning last_seq`.execute(tx)
  return rows[0]!.last_seq
}

const markLeftOut = async (tx: Tx, input: StageUpload): Promise<void> => {
  if (input.leftOut.size === 0) return
  const seqs = [...input.leftOut.keys()].toSorted((a, b) => a - b)
  const bits = seqs.map((seq) => input.leftOut.get(seq)!.toString('hex'))
  const lines = seqs.map((seq) =>
    bytesOf(input.replacedBy.get(seq) ?? new Uint32Array()).toString('hex'),
  )
  const suppressed = seqs.map((seq) =>
    packSuppressed(input.suppressed.get(seq) ?? []).toString('hex'),
  )
  const { rows } = await sql`update chunk
    set left_out = decode(marked.bits, 'hex'), replaced_by = decode(marked.lines, 'hex'),
      suppressed = decode(marked.suppressed, 'hex')
    from unnest(${seqs}::int[], ${bits}::text[], ${lines}::text[], ${suppressed}::text[])
      as marked (seq, bits, lines, suppressed)
    where chunk.upload_id = ${input.uploadId} and chunk.seq = marked.seq returning chunk.seq`.execute(
    tx,
  )
  if (rows.length !== seqs.length) {
    throw new Error(`Upload ${input.uploadId}: there is no chunk for some of the rows to leave out`)
  }
}

/**
 * Throws `StagingLost` if chunks are missing. Appending did not wait for the disk, so a crash of
 * the database since then may have lost some.
 */
const countChunks = async (tx: Tx, input: StageUpload): Promise<void> => {
  const { rows } = await sql<{ chunks: number }>`
    select count(*)::int as chunks from chunk where upload_id = ${input.uploadId}`.execute(tx)
  if (rows[0]!.chunks !== input.chunks) {
    throw new StagingLost(
      `Upload ${input.uploadId}: ${rows[0]!.chunks} of ${input.chunks} chunks are stored`,
    )
  }
}

/**
 * Why the upload must wait before its lane may deliver it. null: it need not wait. A `notBefore`
 * that has certainly passed does not hold the upload.
 */
const holdOf = ({ options }: StageUpload) => {
  if (options.apply === 'manual') return sql`'apply'`
  const notBefore = options.notBefore ?? null
  return sql`case when ${notBefore}::timestamptz > ${CERTAIN_NOW} then 'not_before' end`
}

const writeUpload = async (
  tx: Tx,
  seals: Seals,
  input: StageUpload,
  acceptedSeq: string,
  ended: Upload['state'] | null,
): Promise<Upload> => {
  const { counts, options } = input
  const plan = input.plan === null ? null : JSON.stringify(input.plan)
  const { rows } = await sql<UploadRow>`with wanted as (
      select ${ended === null ? holdOf(input) : sql`null`}::text as hold, ${options.notBefore ?? null}::timestamptz as starts_at)
    update upload set
      state = coalesce(${ended}::text, case when hold is null then 'staged' else 'held' end),
      hold_reason = hold, hold_since = case when hold is not null then clock_timestamp() end,
      held_from = case when hold is not null then 'staged' end, told_hold = hold,
      retry_at = case when hold = 'not_before' then starts_at end,
      accepted_seq = ${acceptedSeq}::bigint, version = version + 1,
      rows_read = ${counts.read}, rows_accepted = ${counts.accepted}, rows_rejected = ${counts.rejected},
      rows_duplicates = ${counts.duplicates}, rows_suppressed = ${counts.suppressed}, rows_blank = ${counts.blank},
      rejections = ${JSON.stringify(input.rejections)}::jsonb, columns = ${JSON.stringify(input.columns)}::jsonb,
      schema_version = ${input.schemaVersion}, target_columns = ${JSON.stringify(input.targetColumns)}::jsonb, ${sourceColumns(seals, input.uploadId, input.source)},
      options = ${JSON.stringify(options)}::jsonb, apply = ${options.apply}, not_before = starts_at,
      suppression_epochs = ${JSON.stringify(input.suppressionEpochs)}::jsonb,
      registries = ${input.registries === null ? null : JSON.stringify(input.registries)}::jsonb, checked_at = clock_timestamp(),
      plan_digest = ${input.planDigest}, plan_basis = ${input.planBasis}, plan = ${plan}::jsonb,
      queue = ${input.queue === null ? null : JSON.stringify(input.queue)}::jsonb,
      method = ${input.delivery.method}, duplicate_check_field = ${input.delivery.duplicateCheckField},
      same_file_as = ${sameFileAs(input)}, batches_total = ${input.batchesTotal}, updated_at = clock_timestamp(),
      completed_at = case when ${ended !== null} then clock_timestamp() end
    from wanted where id = ${input.uploadId} returning ${UPLOAD_COLUMNS}`.execute(tx)
  return toUpload(rows[0]!)
}

/** How many rows of an upload were erased. */
export const erasedRows = (uploadId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(select coalesce(sum(bit_count(erased)), 0)::int from chunk where upload_id = ${uploadId})`

/**
 * Throws `StagingLost` if rows of the parent were erased since they were copied, because the copy
 * still has the person. The parent must be locked. An erasure locks it too, so it either has erased
 * the rows already, or finds the child.
 */
const refuseErased = async (tx: Tx, parentId: string, erased: number): Promise<void> => {
  const { rows } = await sql<{ n: number }>`select ${erasedRows(parentId)} as n`.execute(tx)
  if (rows[0]!.n === erased) return
  throw new StagingLost(`Rows of upload ${parentId} were erased while they were copied`)
}

/**
 * Makes the upload a child of its parent. The content of the child counts as exactly as old as the
 * content of the parent. Both uploads are in the same lane, which is locked. Throws `RetriedBeside`
 * if the parent has got another child since this child was prepared (`siblings`), and `StagingLost`
 * if the parent is gone or rows of it were erased.
 */
const adopt = async (tx: Tx, input: StageUpload): Promise<void> => {
  const { uploadId, parentId, siblings = 0, erased = 0 } = input
  if (parentId === null) return
  const { rows } = await sql<{ content_seq: string }>`update upload set
      child_ids = child_ids || to_jsonb(${uploadId}::text), version = version + 1, updated_at = clock_timestamp()
    where id = ${parentId} and jsonb_array_length(child_ids) = ${siblings}::int
    returning coalesce(content_seq, accepted_seq) as content_seq`.execute(tx)
  const parent = rows[0]
  if (parent === undefined) throw await whyNotAdopted(tx, parentId)
  await refuseErased(tx, parentId, erased)
  await sql`update upload set parent_id = ${parentId}, content_seq = ${parent.content_seq}::bigint
    where id = ${uploadId}`.execute(tx)
}

const whyNotAdopted = async (tx: Tx, parentId: string): Promise<Error> => {
  const { rows } = await sql<{ newest: string | null }>`
    select child_ids ->> -1 as newest from upload where id = ${parentId}`.execute(tx)
  const newest = rows[0]?.newest ?? null
  return newest === null ? new StagingLost(`Upload ${parentId} is gone`) : new RetriedBeside(newest)
}

/**
 * Stores the answer under the key. If another call has taken the claim over, this call must not
 * stage a second upload for the key, nor answer for the other call.
 */
const answerOwnClaim = async (
  tx: Tx,
  seals: Seals,
  { tenantId, uploadId, claim }: StageUpload,
  { status, body }: { status: number; body: string },
): Promise<void> => {
  const { fingerprint, ...scope } = claim
  const answer = { fingerprint, status, body, location: `/v1/uploads/${uploadId}` }
  if (await answerClaim(tx, seals, { tenantId, ...scope }, answer)) return
  throw new StagingLost(`Upload ${uploadId}: the call no longer holds its Idempotency-Key`)
}

/**
 * Implements `UploadStore.stage`. Throws `StagingLost`, `RetriedBeside`, or a plain error (a bug)
 * if the counts of rows do not add up. In each case, nothing is staged.
 */
export const createStage =
  (deps: { database: Database; outbox: Outbox; seals: Seals }): UploadStore['stage'] =>
  async (input) => {
    const broken = brokenSums(input.counts, false)
    if (broken.length > 0) {
      throw new Error(`Upload ${input.uploadId}: rows do not add up (${broken.join(', ')})`)
    }
    return inTransaction(deps.database, async (tx) => {
      const { rows } = await sql<{ lane_key: string }>`
        select lane_key from upload where id = ${input.uploadId}`.execute(tx)
      const laneKey = rows[0]?.lane_key
      if (laneKey === undefined) throw new StagingLost(`Upload ${input.uploadId} was deleted`)
      const acceptedSeq = await takeSeq(tx, laneKey)
      const locked = await lockUpload(tx, input.uploadId)
      if (locked?.state !== 'receiving') {
        throw new StagingLost(`Upload ${input.uploadId} is not being received`)
      }
      await countChunks(tx, input)
      await markLeftOut(tx, input)
      await adopt(tx, input)
      const ended = input.counts.accepted === 0 ? completedState(input.counts) : null
      const upload = await writeUpload(tx, deps.seals, input, acceptedSeq, ended)
      const answer = input.answer(upload)
      await answerOwnClaim(tx, deps.seals, input, answer)
      await appendAudit(tx, [input.audit])
      if (ended !== null) await deps.outbox.tell(tx, [{ type: 'upload.completed', upload }])
      if (upload.hold?.reason === 'apply')
        await deps.outbox.tell(tx, [{ type: 'upload.held', upload }])
      return { upload, answer }
    })
  }
