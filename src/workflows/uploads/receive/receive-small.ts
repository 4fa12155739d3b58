import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import { isGzip } from '../../../intake/bytes/compression.ts'
import type { IntakeSpec } from '../../../intake/contract.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { UploadRoom } from '../../access/count-use.ts'
import type { UploadAnswer, UploadRequest } from '../../contract.ts'
import { suppressRows } from '../../do-not-call/suppress-rows.ts'
import type { Doorway } from '../../ports/uploads/small-uploads.ts'
import { inProgress } from './idempotency-claim.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import { replayAnswer } from './replay-answer.ts'
import { newUploadOf, stagingOf, type SuppressedResult } from './stage-upload.ts'
import { tellStaged } from './staging.ts'

/** A small upload whose whole body has been read. */
export type WholeUpload = UploadRequest & { doorway: Doorway; bytes: Buffer; startedMs: number }

const wholeBody = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return pieces.length === 1 ? Buffer.from(pieces[0]!) : Buffer.concat(pieces)
}

/**
 * Whether the options allow the gateway to stage the upload in one step. This is not possible for
 * uploads that wait (for /apply or a time) or that are only validated.
 */
const isPlain = ({ options, validateOnly }: UploadRequest): boolean =>
  !validateOnly && options.apply === 'auto' && options.notBefore === undefined

/**
 * If the upload may be staged in one step, reads the body and returns the call with its bytes.
 * Otherwise returns the call without `bytes`, to be staged chunk by chunk. If another call has
 * claimed the key, the upload is also staged chunk by chunk. So is a compressed file, because it
 * may have any size after decompression.
 */
export const readWhole = async (
  { clock }: Pick<ReceiveDeps, 'clock'>,
  request: UploadRequest,
): Promise<WholeUpload | UploadRequest> => {
  const startedMs = clock.monotonicMs()
  const { doorway = null } = request
  if (doorway === null || doorway.claim === 'taken' || !isPlain(request)) return request
  const bytes = await wholeBody(request.body)
  const again = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  const whole = { ...request, body: again() }
  return isGzip(bytes) ? whole : { ...whole, doorway, bytes, startedMs }
}

/**
 * Whether `readWhole` has kept the body in memory, so that the upload may be staged in one step.
 */
export const isWhole = (request: UploadRequest): request is WholeUpload => 'bytes' in request

/** The stored answer, or null if no call with this key was answered before. */
export const answeredBefore = (
  deps: Pick<ReceiveDeps, 'emit'>,
  request: WholeUpload,
): UploadAnswer | null => {
  const { claim } = request.doorway
  if (typeof claim === 'string') return null
  return replayAnswer(deps, request, claim, sha256Hex(request.bytes))
}

type Taken = { result: SuppressedResult; chunk: NewChunk | undefined }

const takeRows = async (
  deps: Pick<ReceiveDeps, 'runIntake' | 'suppressions'>,
  { bytes, contactListId, doorway }: WholeUpload,
  spec: IntakeSpec,
): Promise<Taken> => {
  const chunks: NewChunk[] = []
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  const read = await deps.runIntake(body(), spec, {
    take: async (chunk) => void chunks.push(chunk),
    idDigests: async function* () {
      for (const { idDigests } of chunks) yield idDigests
    },
  })
  const suppression = suppressRows(deps.suppressions, contactListId, doorway.standing)
  for (const chunk of chunks) await suppression.look(chunk)
  const result = await suppression.settle(read)
  return { result, chunk: chunks.length === 1 ? chunks[0] : undefined }
}

/**
 * For this long, the list and its settings that the doorway has read count as read now. The key and
 * the grant are checked again by the statement that stages the upload.
 */
const DOORWAY_READ_MS = 5_000

/**
 * Whether the upload must be staged chunk by chunk, because it has nothing to deliver, more than
 * one chunk, or columns that must be added to the list first.
 */
const needsMore = ({ result, chunk }: Taken): boolean =>
  chunk === undefined || result.counts.accepted === 0 || result.addedColumns.length > 0

/**
 * Checks the rows, and stages the upload together with the claim of its key and its answer, in one
 * step. Returns null, without writing anything, if the upload must be staged chunk by chunk. This
 * is also so if the call has lost its right, which is refused there. Throws `FileRefused`, or a
 * problem of the key, of a quota or of the delivery method.
 */
export const receiveSmall = async (
  deps: ReceiveDeps,
  request: WholeUpload,
  list: ContactList,
  spec: IntakeSpec,
  room: UploadRoom,
): Promise<UploadAnswer | null> => {
  const startedMs = deps.clock.monotonicMs()
  const taken = await takeRows(deps, request, spec)
  if (needsMore(taken) || startedMs - request.startedMs > DOORWAY_READ_MS) return null
  const { result } = taken
  room.takeRows(result.counts.read)
  const begun = { ...newUploadOf(deps, request, spec), owner: deps.owner }
  const { method, path, idempotencyKey } = request
  const { tenantId, keyId, requestId } = request.caller
  const right = { keyId, kind: 'contact_list', objectId: request.contactListId } as const
  const scope = { tenantId, method, path, key: idempotencyKey!, owner: deps.owner, right }
  const about = { request, list, scope, uploadId: begun.id, result, plan: null }
  const staging = stagingOf(deps, about)
  const at = request.doorway.now
  const staged = await deps.smallUploads.stage({ begun, staging, chunk: taken.chunk!, at })
  if (staged.kind === 'right_lost') return null
  if (staged.kind === 'in_progress') throw inProgress()
  if (staged.kind === 'done') {
    return replayAnswer(deps, request, staged, result.source.sha256)
  }
  const { upload, answer } = staged
  deps.wake(upload.laneKey)
  const durationMs = deps.clock.monotonicMs() - startedMs
  const { normalized: normalizedPhones, ...parsed } = result.phones
  const { bytes } = upload.source
  tellStaged(deps, upload, {
    ...{ requestId, bytes, durationMs, chunks: 1, normalizedPhones },
    suppressed: result.suppressed,
  })
  deps.emit('phones.parsed', parsed)
  return { ...answer, location: `/v1/uploads/${upload.id}`, replayed: false }
}
