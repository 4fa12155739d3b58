import type { Upload } from '../domain/upload.ts'
import type { ChunkSink, IntakeResult, IntakeSpec } from '../intake/contract.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256Hex } from '../lib/digest.ts'
import { chooseDelivery } from './choose-delivery.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import { createChunkWriter } from './chunk-writer.ts'
import type { UploadAnswer, UploadRequest } from './contract.ts'
import type { Heartbeat } from './heartbeat.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { StageUpload } from './ports/uploads.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import { fingerprintOf } from './request-fingerprint.ts'

/** Six beats fit into the 60 s after which an upload or a claim counts as abandoned. */
const HEARTBEAT_MS = 10_000

type ClaimScope = { tenantId: string; method: string; path: string; key: string; owner: string }

/** The lane of a contact list: one for all tenants, for it is one object in Genesys. */
export const contactListLane = (listId: string): string => `contact-list:${listId}`

/** Receives the rows and stages them; on any failure nothing of the upload remains. */
export const stageUpload = async (
  deps: ReceiveDeps,
  request: UploadRequest,
  spec: IntakeSpec,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { uploads, idempotency, clock } = deps
  const startedMs = clock.monotonicMs()
  const uploadId = deps.ids.newId('upl')
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of request.body) {
      bytes += piece.byteLength
      yield piece
    }
  }
  const writer = createChunkWriter((chunks) => uploads.appendChunks(uploadId, chunks))
  const heartbeat = startHeartbeat(clock, HEARTBEAT_MS, async () => {
    await idempotency.keepAlive(scope)
    return uploads.touch(uploadId)
  })
  try {
    await begin(deps, request, spec, uploadId)
    const sink = sinkOf(deps, uploadId, writer, heartbeat)
    const result = await deps.runIntake(counted(), spec, sink)
    await writer.flush()
    heartbeat.assertAlive()
    const input = stagingOf(deps, request, spec, scope, uploadId, result)
    const { upload, answer } = await uploads.stage(input)
    await heartbeat.stop()
    tell(deps, request, upload, result, clock.monotonicMs() - startedMs)
    deps.wake()
    return { ...answer, location: `/v1/uploads/${uploadId}`, replayed: false }
  } catch (error) {
    await heartbeat.stop()
    await writer.settled()
    // Should this fail too, the sweep discards the upload after 60 s without a sign of life.
    await uploads.discard(uploadId).catch(() => undefined)
    const reason = error instanceof Error ? error.name : 'unknown'
    deps.emit('upload.discarded', { uploadId, reason, bytes })
    throw error
  }
}

const begin = (
  deps: ReceiveDeps,
  request: UploadRequest,
  spec: IntakeSpec,
  uploadId: string,
): Promise<void> =>
  deps.uploads.begin({
    id: uploadId,
    tenantId: request.caller.tenantId,
    contactListId: request.contactListId,
    laneKey: contactListLane(request.contactListId),
    mode: request.options.mode,
    duplicates: request.options.duplicates,
    source: {
      fileName: request.fileName,
      format: request.format,
      encoding: 'utf-8',
      delimiter: null,
      bytes: 0,
      sha256: '',
    },
    schemaVersion: spec.list.schemaVersion,
    requestId: request.caller.requestId,
    owner: deps.owner,
  })

const sinkOf = (
  deps: ReceiveDeps,
  uploadId: string,
  writer: ChunkWriter,
  heartbeat: Heartbeat,
): ChunkSink => ({
  take: async (chunk) => {
    heartbeat.assertAlive()
    await writer.write(chunk)
  },
  idDigests: async function* () {
    await writer.flush()
    for await (const digests of deps.uploads.idDigests(uploadId)) {
      heartbeat.assertAlive()
      yield digests
    }
  },
})

/** What an operator who applies the plan agrees to: file, options, columns, and which rows stay out. */
const planDigestOf = (request: UploadRequest, spec: IntakeSpec, result: IntakeResult): string =>
  sha256Hex(
    canonicalJson({
      file: result.source.sha256,
      options: request.options,
      schemaVersion: spec.list.schemaVersion,
      leftOut: [...result.leftOut]
        .sort(([a], [b]) => a - b)
        .map(([seq, bitmap]) => [seq, bitmap.toString('base64')]),
      suppressed: result.counts.suppressed,
    }),
  )

const stagingOf = (
  deps: ReceiveDeps,
  request: UploadRequest,
  spec: IntakeSpec,
  { method, path, key }: ClaimScope,
  uploadId: string,
  result: IntakeResult,
): StageUpload => {
  const { tenantId, keyId, requestId } = request.caller
  const { sha256 } = result.source
  const { read, accepted, rejected, duplicates, suppressed, blank } = result.counts
  const { counts, rejections, columns, targetColumns, source, leftOut, batchesTotal, chunks } =
    result
  const delivery = chooseDelivery(deps, request.options, spec.list, result)
  return {
    uploadId,
    tenantId,
    counts,
    rejections,
    columns,
    targetColumns,
    source,
    leftOut,
    batchesTotal,
    chunks,
    delivery,
    planDigest: planDigestOf(request, spec, result),
    audit: {
      id: deps.ids.newId('aud'),
      tenantId,
      actor: keyId,
      action: 'upload.accepted',
      object: uploadId,
      requestId,
      attempt: 1,
      latencyMs: null,
      outcome: 'ok',
      counts: { read, accepted, rejected, duplicates, suppressed, blank },
      digest: sha256,
    },
    claim: { method, path, key, fingerprint: fingerprintOf(request, sha256) },
    answer: (upload) => ({ status: 202, body: JSON.stringify(deps.renderUpload(upload)) }),
  }
}

const tell = (
  deps: ReceiveDeps,
  request: UploadRequest,
  upload: Upload,
  result: IntakeResult,
  durationMs: number,
): void => {
  const { read, accepted, rejected, duplicates, suppressed, blank } = result.counts
  deps.emit('upload.staged', {
    uploadId: upload.id,
    tenantId: upload.tenantId,
    contactListId: upload.contactListId,
    requestId: request.caller.requestId,
    format: request.format,
    bytes: result.source.bytes,
    durationMs: Math.round(durationMs),
    read,
    accepted,
    rejected,
    duplicates,
    suppressed,
    blank,
    rejections: result.rejections,
    chunks: result.chunks,
  })
  deps.emit('phones.parsed', result.phones)
}
