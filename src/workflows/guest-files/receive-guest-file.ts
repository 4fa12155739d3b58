import { createHash } from 'node:crypto'

import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { FileFault } from '../../domain/guest-files/file-fault.ts'
import { namedFile, type NamedFile } from '../../domain/guest-files/file-name.ts'
import { CONTENT_TYPES } from '../../domain/guest-files/file-type.ts'
import {
  grantedObjectOf,
  type GuestFile,
  type GuestFileTarget,
} from '../../domain/guest-files/guest-file.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { UploadAnswer } from '../contract.ts'
import type { AccessStore } from '../ports/access/access.ts'
import type { GuestFileStore } from '../ports/guest-files/guest-files.ts'
import type { InspectFile } from '../ports/guest-files/inspect-file.ts'
import { answerOnce, type AnswerOnceDeps } from '../uploads/receive/answer-once.ts'
import { lostAs } from '../uploads/receive/given-up.ts'
import { keepReceiving } from '../uploads/receive/heartbeat.ts'
import type { ClaimScope } from '../uploads/receive/idempotency-claim.ts'
import type { RECEIVE_FILE_REFUSALS } from './refusals.ts'

export type GuestFileRequest = {
  caller: Caller
  target: GuestFileTarget
  /** The file name as the form sent it. */
  fileName: string
  /** Whether the file must be refused if the gateway has no scanner. */
  blockSuspicious: boolean
  body: AsyncIterable<Uint8Array>
  idempotencyKey: string
  method: string
  path: string
}

export type ReceiveGuestFileDeps = AnswerOnceDeps & {
  files: GuestFileStore
  access: Pick<AccessStore, 'isGranted'>
  inspectFile: InspectFile
  /** The kind of target to which this dialect sends files. */
  takes: GuestFileTarget['kind']
  scans: boolean
  maxBytes: number
  renderGuestFile: (file: GuestFile) => object
  emit: Emit
  /** Called when there is a file to work on. */
  wake: () => void
}

export type ReceiveGuestFile = Refusing<
  (typeof RECEIVE_FILE_REFUSALS)[number],
  (request: GuestFileRequest) => Promise<UploadAnswer>
>

/**
 * The size of a stored piece. With this size, 200 files at the same time need 13 MB for pieces
 * being filled, and 13 MB for pieces that are being sent to the database.
 */
const PIECE_BYTES = 64 * 1024

const problemOf = ({ code, detail }: FileFault): GatewayProblem => new GatewayProblem(code, detail)

/**
 * Receives a guest file. Stores the file sealed while it streams in, inspects it when it is
 * complete, and answers 202 when it is durable. If the file has a fault, the gateway refuses it and
 * keeps only an audit entry.
 */
export const createReceiveGuestFile =
  (deps: ReceiveGuestFileDeps): ReceiveGuestFile =>
  async (request) => {
    await checkCall(deps, request)
    const { method, path, idempotencyKey: key, body, target } = request
    const { tenantId, keyId } = request.caller
    const call = {
      ...{ tenantId, method, path, key },
      right: { keyId, kind: target.kind, objectId: grantedObjectOf(target) },
      fingerprint: async () =>
        fingerprintOf(request, (await readWhole(deps, body, async () => undefined)).sha256),
      reused: 'This Idempotency-Key was used with a different file or different options.',
    }
    const lost =
      'While the gateway was receiving the file, the database did not answer in time. The gateway dropped the file.'
    return answerOnce(deps, call, (scope) =>
      receive(deps, request, scope).catch((error: unknown) => {
        throw lostAs(error, lost)
      }),
    )
  }

const WORDS = {
  external_contact: {
    unknown: 'The external contact does not exist, or your tenant may not use it.',
    elsewhere: 'You can send files for external contacts only in the guide dialect.',
  },
  conversation: {
    unknown: 'The conversation does not exist, or your tenant may not use it.',
    elsewhere: 'You can send files into conversations only in the platform dialect.',
  },
} as const satisfies Record<GuestFileTarget['kind'], object>

const checkCall = async (
  deps: ReceiveGuestFileDeps,
  { caller, target, blockSuspicious }: GuestFileRequest,
): Promise<void> => {
  const words = WORDS[target.kind]
  if (!(await deps.access.isGranted(caller.tenantId, target.kind, grantedObjectOf(target)))) {
    throw new GatewayProblem('not-found', words.unknown)
  }
  if (target.kind !== deps.takes) {
    throw new GatewayProblem('capability-not-available', words.elsewhere)
  }
  if (blockSuspicious && !deps.scans) {
    const detail = 'blockSuspicious is set, but the gateway has no scanner.'
    throw new GatewayProblem('scanner-not-configured', detail)
  }
}

const fingerprintOf = (
  { target, fileName, blockSuspicious }: GuestFileRequest,
  fileSha256: string,
): string => {
  const { kind: _, ...ids } = target
  return sha256Hex(canonicalJson({ ...ids, fileName, blockSuspicious, file: fileSha256 }))
}

const isTooLarge = (error: unknown): error is GatewayProblem =>
  error instanceof GatewayProblem && error.code === 'file-too-large'

type Read = { sizeBytes: number; sha256: string; md5: string; pieces: number }

/**
 * Reads the body to its end and passes it on in pieces of equal size (the last one may be smaller).
 * Throws `file-too-large` past the limit. All pieces use the same memory, so `keep` must not read a
 * piece after the promise of `keep` has resolved.
 */
const readWhole = async (
  { maxBytes }: Pick<ReceiveGuestFileDeps, 'maxBytes'>,
  body: AsyncIterable<Uint8Array>,
  keep: (seq: number, piece: Buffer) => Promise<void>,
): Promise<Read> => {
  const sha256 = createHash('sha256')
  const md5 = createHash('md5')
  let [sizeBytes, pieces, filledBytes] = [0, 0, 0]
  // One buffer for each body. Bytes are copied into it, so no piece is left to the garbage
  // collector.
  const room = Buffer.allocUnsafeSlow(PIECE_BYTES)
  const flush = async (): Promise<void> => {
    if (filledBytes === 0) return
    await keep(pieces, room.subarray(0, filledBytes))
    filledBytes = 0
    pieces += 1
  }
  for await (const bytes of body) {
    sizeBytes += bytes.byteLength
    if (sizeBytes > maxBytes) {
      const detail = `The file is larger than ${maxBytes} bytes.`
      throw new GatewayProblem('file-too-large', detail, { maxBytes })
    }
    sha256.update(bytes)
    md5.update(bytes)
    for (let from = 0; from < bytes.byteLength;) {
      const next = bytes.subarray(from, from + PIECE_BYTES - filledBytes)
      room.set(next, filledBytes)
      from += next.byteLength
      filledBytes += next.byteLength
      if (filledBytes === PIECE_BYTES) await flush()
    }
  }
  await flush()
  return { sizeBytes, sha256: sha256.digest('hex'), md5: md5.digest('hex'), pieces }
}

const receive = async (
  deps: ReceiveGuestFileDeps,
  request: GuestFileRequest,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { files, clock } = deps
  const startedMs = clock.monotonicMs()
  const named = namedFile(request.fileName)
  if ('code' in named) {
    await tellRefusal(deps, request, named, null)
    throw problemOf(named)
  }
  const id = deps.ids.newId('gf')
  const heartbeat = keepReceiving(deps, scope, () => files.touch(id))
  try {
    await files.begin(beginning(deps, request, id, named))
    const read = await readWhole(deps, request.body, async (seq, piece) => {
      heartbeat.assertAlive()
      await files.append(id, seq, piece)
    })
    const fault = await deps.inspectFile(named, read.sizeBytes, (room) => files.content(id, room))
    if (fault !== null) {
      await tellRefusal(deps, request, fault, { id, read })
      throw problemOf(fault)
    }
    heartbeat.assertAlive()
    const { file, answer } = await accept(deps, request, { id, read, scope })
    await heartbeat.stop()
    deps.wake()
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    const { tenantId, contentType, sizeBytes } = file
    deps.emit('guest_file.accepted', {
      guestFileId: id,
      tenantId,
      contentType,
      sizeBytes,
      durationMs,
    })
    const { status, body, location } = answer
    return { status, body, location, replayed: false }
  } catch (error) {
    await heartbeat.stop()
    if (isTooLarge(error)) await tellRefusal(deps, request, error, null)
    // If the discard fails too, the sweep removes the file 60 s after its last sign of life.
    await files.discard(id, []).catch(() => undefined)
    throw error
  }
}

const beginning = (
  deps: ReceiveGuestFileDeps,
  { caller, target }: GuestFileRequest,
  id: string,
  { fileName, extension }: NamedFile,
) => ({
  id,
  tenantId: caller.tenantId,
  target,
  fileName,
  contentType: CONTENT_TYPES[extension],
  actor: caller.keyId,
  requestId: caller.requestId,
  owner: deps.owner,
})

const accept = (
  deps: ReceiveGuestFileDeps,
  request: GuestFileRequest,
  { id, read, scope }: { id: string; read: Read; scope: ClaimScope },
) =>
  deps.files.accept({
    ...{ id, ...read, scope },
    audit: createAuditEntry(deps.ids, byCaller(request.caller), {
      action: 'guest_file.accepted',
      object: id,
      counts: { bytes: read.sizeBytes },
      digest: read.sha256,
    }),
    answerOf: (file) => ({
      fingerprint: fingerprintOf(request, read.sha256),
      status: 202,
      body: JSON.stringify(deps.renderGuestFile(file)),
      location: `/v1/guest-files/${id}`,
    }),
  })

/**
 * Writes the refusal of a file to the audit trail: who sent the file, and its digest if the file
 * was read to its end.
 */
const tellRefusal = async (
  deps: ReceiveGuestFileDeps,
  { caller }: GuestFileRequest,
  { code }: Pick<GatewayProblem, 'code'>,
  refused: { id: string; read: Read } | null,
): Promise<void> => {
  const audit = createAuditEntry(deps.ids, byCaller(caller), {
    action: 'guest_file.refused',
    details: { code },
    object: refused?.id ?? 'guest-file',
    outcome: 'failed',
    counts: { bytes: refused?.read.sizeBytes ?? 0 },
    digest: refused?.read.sha256 ?? null,
  })
  await deps.files.discard(refused?.id ?? null, [audit])
  deps.emit('guest_file.refused', { tenantId: caller.tenantId, requestId: caller.requestId, code })
}
