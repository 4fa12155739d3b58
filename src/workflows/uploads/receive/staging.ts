import type { Caller } from '../../../domain/access/access.ts'
import { auditId } from '../../../domain/audit/audit-details.ts'
import { byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import { suppressedByCode } from '../../../domain/do-not-call/suppression.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { NewUpload, StageUpload } from '../../ports/uploads/uploads.ts'
import { createChunkWriter } from './chunk-writer.ts'
import { keepReceiving } from './heartbeat.ts'
import type { ClaimScope } from './idempotency-claim.ts'
import type { ReceiveDeps } from './receive-deps.ts'

/** Takes the rows of an upload that is being staged. */
export type RowSink = {
  write(chunk: NewChunk): Promise<void>
  /** Resolves when everything written is stored. */
  flush(): Promise<void>
  /** Throws `StagingLost` once the upload no longer belongs to this call. */
  assertAlive(): void
}

export type StagingDeps = Pick<
  ReceiveDeps,
  'uploads' | 'idempotency' | 'clock' | 'emit' | 'wake' | 'owner'
>

type Staged<Input> = {
  upload: Upload
  answer: { status: number; body: string }
  /** What `work` returned. */
  input: Input
}

/**
 * Begins an upload, lets `work` write its rows, and stages it with the result of `work`. The upload
 * is durable when this resolves. Until then, heartbeats keep the upload and the claim of its key
 * alive. If the call fails, the upload is discarded. After a crash, the sweeper removes what is
 * left.
 */
export const stageRows = async <Input extends StageUpload>(
  deps: StagingDeps,
  begun: Omit<NewUpload, 'owner'>,
  scope: ClaimScope,
  work: (sink: RowSink) => Promise<Input>,
  /** How many bytes of the body were read so far. */
  bytesRead: () => number,
): Promise<Staged<Input>> => {
  const { uploads } = deps
  const { id } = begun
  const writer = createChunkWriter((chunks) => uploads.appendChunks(id, chunks))
  const heartbeat = keepReceiving(deps, scope, () => uploads.touch(id))
  try {
    await uploads.begin({ ...begun, owner: deps.owner })
    const { assertAlive } = heartbeat
    const input = await work({ write: writer.write, flush: writer.flush, assertAlive })
    await writer.flush()
    assertAlive()
    const staged = await uploads.stage(input)
    await heartbeat.stop()
    deps.wake(begun.laneKey)
    return { ...staged, input }
  } catch (error) {
    await heartbeat.stop()
    await writer.settled()
    // If the discard fails too, the sweep discards the upload 60 s after its last sign of life.
    await uploads.discard(id).catch(() => undefined)
    const reason = error instanceof Error ? error.name : 'unknown'
    deps.emit('upload.discarded', { uploadId: id, reason, bytes: bytesRead() })
    throw error
  }
}

/** Reports an upload that was staged. Also reports its end, if it has no row to deliver. */
export const tellStaged = (
  deps: Pick<ReceiveDeps, 'emit'>,
  upload: Upload,
  about: {
    requestId: string
    bytes: number
    durationMs: number
    chunks: number
    normalizedPhones: number
    suppressed: StageUpload['suppressed']
  },
): void => {
  const { read, accepted, rejected, duplicates, suppressed, blank } = upload.counts
  const { suppressed: suppressedRows, ...measured } = about
  deps.emit('upload.staged', {
    uploadId: upload.id,
    tenantId: upload.tenantId,
    contactListId: upload.contactListId,
    format: upload.source.format,
    read,
    accepted,
    rejected,
    duplicates,
    suppressed,
    blank,
    rejections: upload.rejections,
    suppressedBy: suppressedByCode(suppressedRows),
    ...measured,
    durationMs: Math.round(about.durationMs),
  })
  if (upload.completedAt !== null) tellFinished(deps, upload, 0)
}

/**
 * Reports an upload that ended outside of a delivery run. `unsettled`: how many rows became
 * unprocessed because the upload ended.
 */
export const tellFinished = (
  deps: Pick<ReceiveDeps, 'emit'>,
  upload: Upload,
  unsettled: number,
): void => {
  const { delivered, unchanged, failed, unprocessed } = upload.counts
  const endedAt = Date.parse(upload.completedAt ?? upload.updatedAt)
  deps.emit('upload.finished', {
    uploadId: upload.id,
    tenantId: upload.tenantId,
    contactListId: upload.contactListId,
    state: upload.state,
    problem: upload.problem?.code ?? null,
    delivered,
    unchanged,
    failed,
    unprocessed,
    unsettled,
    sinceAcceptedMs: Math.max(0, endedAt - Date.parse(upload.createdAt)),
  })
}

/**
 * The data that the store writes when it accepts a file or a retry: the audit entry, the claim of
 * the key, and the 202 answer that later calls with the key get.
 */
export const acceptanceOf = (
  deps: Pick<ReceiveDeps, 'ids' | 'renderUpload'>,
  about: {
    caller: Caller
    scope: ClaimScope
    uploadId: string
    counts: Record<string, number>
    fileSha256: string
    fingerprint: string
    contactListId: string
  },
): Pick<StageUpload, 'uploadId' | 'tenantId' | 'audit' | 'claim' | 'answer'> => {
  const { uploadId, counts, fileSha256, fingerprint } = about
  const { tenantId } = about.caller
  const { tenantId: _, ...scope } = about.scope
  return {
    uploadId,
    tenantId,
    audit: createAuditEntry(deps.ids, byCaller(about.caller), {
      action: 'upload.accepted',
      details: { contactListId: auditId(about.contactListId) },
      object: uploadId,
      counts,
      digest: fileSha256,
    }),
    claim: { ...scope, fingerprint },
    answer: (upload) => ({ status: 202, body: JSON.stringify(deps.renderUpload(upload)) }),
  }
}
