import { sql, type RawBuilder } from 'kysely'

import type { RegistryLook } from '../../domain/do-not-call/registries/registry.ts'
import {
  REASON_NUMBERS,
  showSuppression,
  type Suppression,
  type SuppressionEpochs,
  type SuppressionShown,
} from '../../domain/do-not-call/suppression.ts'
import { unpackSubjects } from '../../domain/uploads/chunk.ts'
import { hasBit } from '../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import { RowsWithheld, type WithheldRow } from '../../workflows/ports/delivery/tries.ts'
import { SuppressionUnknown } from '../../workflows/ports/do-not-call/suppressions.ts'
import type { Db, Tx } from '../homes/database.ts'
import { mayRunAgain } from '../homes/sql-failure.ts'
import { assertFresh, hasHits, hitsAmong, type RegistryRules } from './registries/registry-hits.ts'
import { createAddedSince, grantedTo, movedSince, tenantsOf } from './standing-entries.ts'

/** An upload with rows in a request, and the look-ups that were made of its rows. */
export type LookedUp = {
  uploadId: string
  listId: string
  since: SuppressionEpochs | null
  /** The last look-up in registries. null: there was none. */
  look: RegistryLook | null
}

type ChunkSubjects = { upload_id: string; seq: number; subjects: Buffer | null }

/**
 * The suppressed rows of a chunk among the rows for which `wanted` is true. Throws
 * `SuppressionUnknown` if the chunk has no digests yet.
 */
export const rowsAmong = async (
  { upload_id: uploadId, seq, subjects }: ChunkSubjects,
  lookUp: (digests: Buffer) => Promise<ReadonlyMap<string, Suppression>>,
  wanted: (row: number) => boolean,
): Promise<Set<number>> => {
  if (subjects === null) {
    throw new SuppressionUnknown(`Chunk ${seq} of ${uploadId} has no digests yet`, uploadId)
  }
  const { subjectDigests, subjectRows } = unpackSubjects(subjects)
  const suppressed = await lookUp(subjectDigests)
  const rows = new Set<number>()
  if (suppressed.size === 0) return rows
  for (const [index, row] of subjectRows.entries()) {
    const at = index * DIGEST_BYTES
    if (!wanted(row) || !suppressed.has(subjectDigests.toString('latin1', at, at + DIGEST_BYTES)))
      continue
    rows.add(row)
  }
  return rows
}

const VERDICT = { outcome: 'unprocessed', code: 'suppressed-since', column: null } as const

const ERASED = { outcome: 'unprocessed', code: 'erased', column: null } as const

type BatchRow = ChunkSubjects & {
  id: string
  from_row: number
  to_row: number
  sent: Buffer
  erased: Buffer
}

/** How many batches have their digests in memory at a time. */
const BATCHES_AT_ONCE = 8

type LookUp = (digests: Buffer) => Promise<ReadonlyMap<string, Suppression>>

/**
 * Extends a look-up of entries by the upload's hits in editions of registries. Throws
 * `SuppressionUnknown` if an edition came into force in which the upload's rows were not looked up.
 */
export const createLookUpSince = async (
  db: Db,
  uploadId: string,
  added: LookUp,
): Promise<LookUp> => {
  if (!(await hasHits(db, uploadId))) return added
  return async (digests) =>
    new Map([...(await hitsAmong(db, uploadId, digests)), ...(await added(digests))])
}

const withheldOf = async (
  tx: Tx,
  requestId: string,
  { uploadId, listId }: LookedUp,
  beyond: SuppressionEpochs,
): Promise<WithheldRow[]> => {
  const lookUp = await createLookUpSince(tx, uploadId, createAddedSince(tx, listId, beyond))
  const withheld: WithheldRow[] = []
  for (let after = ''; ;) {
    const { rows: batches } = await sql<BatchRow>`
      select b.id, b.upload_id, b.chunk_seq as seq, b.from_row, b.to_row, b.sent, chunk.subjects, chunk.erased
      from batch b join chunk on chunk.upload_id = b.upload_id and chunk.seq = b.chunk_seq
      where b.shipment_id = ${requestId} and b.upload_id = ${uploadId} and b.id > ${after}
      order by b.id limit ${BATCHES_AT_ONCE}`.execute(tx)
    for (const batch of batches) {
      const { from_row: from, to_row: to, sent } = batch
      const goes = (row: number): boolean => row >= from && row < to && hasBit(sent, row - from)
      for (let row = from; batch.erased.length > 0 && row < to; row += 1) {
        if (goes(row) && hasBit(batch.erased, row)) {
          withheld.push({ batchId: batch.id, row, verdict: ERASED })
        }
      }
      for (const row of await rowsAmong(batch, lookUp, goes)) {
        withheld.push({ batchId: batch.id, row, verdict: VERDICT })
      }
    }
    if (batches.length < BATCHES_AT_ONCE) return withheld
    after = batches.at(-1)!.id
  }
}

type Withholding = {
  subject: string
  id: string
  list: string | null
  reason: number
  registry: string | null
}

/**
 * Why rows of a chunk were withheld at their try, by row. The reason is the strongest entry that
 * was accepted since the look-up of the rows. If there is none, the reason is the edition of a
 * registry that names the person. Rows without a reason are left out.
 */
export const readWithholding = async (
  db: Db,
  uploadId: string,
  seq: number,
  wanted: ReadonlySet<number>,
): Promise<Map<number, SuppressionShown>> => {
  const { rows: chunks } = await sql<{ subjects: Buffer | null }>`select subjects from chunk
    where upload_id = ${uploadId} and seq = ${seq}`.execute(db)
  const shown = new Map<number, SuppressionShown>()
  const subjects = chunks[0]?.subjects ?? null
  if (subjects === null) return shown
  const { subjectDigests, subjectRows } = unpackSubjects(subjects)
  const asked = [...subjectRows.entries()].flatMap(([index, row]) => {
    const at = index * DIGEST_BYTES
    return wanted.has(row)
      ? [{ row, digest: subjectDigests.toString('hex', at, at + DIGEST_BYTES) }]
      : []
  })
  const { rows } = await sql<Withholding>`select replace(e.subject::text, '-', '') as subject, s.id,
      s.dnc_list_id as list, e.reason, null as registry
    from upload u, unnest(${asked.map(({ digest }) => digest)}::text[]::uuid[]) as a (subject)
      join dnc_entry e on e.subject = a.subject join dnc_submission s on s.number = e.submission
    where u.id = ${uploadId} and s.kind in ('add', 'pull') and ${grantedTo(sql`s.tenant_id`, sql`u.contact_list_id`)}
      and s.epoch > coalesce((u.suppression_epochs ->> s.tenant_id)::bigint, 0)
      and (e.contact_list_ids is null or u.contact_list_id = any(e.contact_list_ids))
    union all select replace(h.subject::text, '-', ''), e.id, null, ${REASON_NUMBERS.registry}::smallint, e.registry
    from registry_hit h join registry_edition e on e.number = h.edition
    where h.upload_id = ${uploadId} and h.subject = any(${asked.map(({ digest }) => digest)}::text[]::uuid[])
    order by reason desc`.execute(db)
  for (const { row, digest } of asked) {
    const ofPerson = rows.filter(({ subject }) => subject === digest)
    const found = ofPerson.find(({ registry }) => registry === null) ?? ofPerson[0]
    if (found === undefined) continue
    const { id, list, registry, reason } = found
    const about =
      registry === null ? { dncListId: list, submissionId: id } : { registry, editionId: id }
    shown.set(row, showSuppression({ submission: 0, reason }, about))
  }
  return shown
}

/**
 * Runs a look-up of who is suppressed. Throws `SuppressionUnknown` if anything prevents the answer,
 * because a failed look-up must not count as "nobody is suppressed". Errors after which the
 * transaction may run again are passed on.
 */
export const orUnknown = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SuppressionUnknown || mayRunAgain(error)) throw error
    throw new SuppressionUnknown('The gateway could not look up who is suppressed', null, error)
  }
}

/**
 * Throws `RowsWithheld` if a request contains rows that must not be sent. Such a row is suppressed
 * by an entry or an edition that came after the look-up, or its person was erased since. New
 * entries, new editions and erasures all raise the epochs. The rows of an upload are therefore
 * checked only if an epoch is higher than at the look-up. Throws `SuppressionUnknown` if the check
 * is not possible, and passes on `RegistryStale` of `assertFresh`.
 *
 * The transaction must have locked `epochs` for share. Another transaction that adds entries then
 * either waits for this transaction, or has already committed and its entries are seen.
 */
export const withholdSuppressed = async (
  tx: Tx,
  requestId: string,
  uploads: readonly LookedUp[],
  epochs: SuppressionEpochs,
  rules: RegistryRules,
): Promise<void> => {
  const withheld: WithheldRow[] = []
  const asked = new Set<string>()
  for (const upload of uploads) {
    // The answer depends only on these two values. A request may have hundreds of uploads, and most
    // of them have the same values.
    const question = JSON.stringify([upload.listId, upload.look?.countries])
    if (!asked.has(question)) await orUnknown(() => assertFresh(tx, rules, upload, epochs))
    asked.add(question)
    const beyond = movedSince(epochs, upload.since)
    if (beyond === null) continue
    withheld.push(...(await orUnknown(() => withheldOf(tx, requestId, upload, beyond))))
  }
  if (withheld.length > 0) throw new RowsWithheld(withheld)
}

/**
 * Locks the epochs of the list's tenants for share, and returns them. A tenant whose epoch was
 * never raised may have no row to lock, so missing rows are created first.
 */
export const lockNewEpochs = async (tx: Tx, listId: string): Promise<SuppressionEpochs> => {
  await sql`insert into suppression_epoch (tenant_id)
    select distinct tenant_id from (${tenantsOf(listId)}) as granted order by tenant_id
    on conflict do nothing`.execute(tx)
  const { rows } = await sql<{ tenant_id: string; epoch: string }>`
    select tenant_id, epoch from suppression_epoch where tenant_id in (${tenantsOf(listId)})
    order by tenant_id for share`.execute(tx)
  return Object.fromEntries(rows.map(({ tenant_id: id, epoch }) => [id, Number(epoch)]))
}

/**
 * The epochs of a list's tenants, locked for share until the transaction ends. null: no tenant has
 * a row. `lacking`: at least one tenant has no row yet, so call `lockNewEpochs`.
 */
export type LockedEpochs = { epochs: SuppressionEpochs | null; lacking: boolean }

/**
 * The `with` queries of a statement that locks the epochs of the list's tenants. To read them,
 * select `LOCKED_EPOCHS` in the same statement.
 */
export const lockEpochs = (list: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`granted as materialized (${tenantsOf(list)}),
    epochs as materialized (select tenant_id, epoch from suppression_epoch where tenant_id in (select tenant_id from granted)
      order by tenant_id for share)`
export const LOCKED_EPOCHS = sql`(select jsonb_object_agg(tenant_id, epoch) from epochs) as epochs,
      exists (select from granted where tenant_id not in (select tenant_id from epochs)) as lacking`

/** The epochs of the list's tenants, without tenants whose epoch was never raised. */
export const readEpochs = async (db: Db, listId: string): Promise<SuppressionEpochs> => {
  const { rows } = await sql<{ tenant_id: string; epoch: string }>`
    select tenant_id, epoch from suppression_epoch
    where epoch > 0 and tenant_id in (${tenantsOf(listId)})`.execute(db)
  return Object.fromEntries(rows.map(({ tenant_id: id, epoch }) => [id, Number(epoch)]))
}
