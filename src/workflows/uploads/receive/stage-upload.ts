import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { Upload, UploadPlan } from '../../../domain/uploads/upload.ts'
import type { IntakeResult, IntakeSpec } from '../../../intake/contract.ts'
import type { UploadRoom } from '../../access/count-use.ts'
import type { UploadAnswer, UploadRequest } from '../../contract.ts'
import { beginSuppression } from '../../do-not-call/suppress-rows.ts'
import type { NewUpload, StageUpload } from '../../ports/uploads/uploads.ts'
import { planBasisOf, planDigestOf } from '../control/plan-digest.ts'
import { createPlanTally } from '../control/plan-upload.ts'
import { chooseDelivery } from './choose-delivery.ts'
import type { ClaimScope } from './idempotency-claim.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import { fingerprintOf } from './request-fingerprint.ts'
import { acceptanceOf, stageRows, tellStaged } from './staging.ts'

/** The lane of a contact list. All tenants share it, because the list is one object in Genesys. */
export const contactListLane = (listId: string): string => `contact-list:${listId}`

/** Receives the rows of an upload and stages it. If this fails, the upload is discarded. */
export const stageUpload = async (
  deps: ReceiveDeps,
  request: UploadRequest,
  spec: IntakeSpec,
  scope: ClaimScope,
  room: UploadRoom,
): Promise<UploadAnswer> => {
  const startedMs = deps.clock.monotonicMs()
  const begun = newUploadOf(deps, request, spec)
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of request.body) {
      bytes += piece.byteLength
      yield piece
    }
  }
  const { options, caller, queue = null } = request
  const about = { tenantId: caller.tenantId, list: spec.list, options, queue }
  const suppression = await beginSuppression(deps.suppressions, request.contactListId)
  const tally = options.apply === 'manual' ? createPlanTally(deps, about) : null
  const { upload, answer, input } = await stageRows(
    deps,
    begun,
    scope,
    async ({ write, flush, assertAlive }) => {
      const read = await deps.runIntake(counted(), spec, {
        take: async (chunk) => {
          assertAlive()
          await suppression.look(chunk)
          await tally?.look(chunk)
          await write(chunk)
        },
        idDigests: async function* () {
          await flush()
          for await (const digests of deps.uploads.idDigests(begun.id)) {
            assertAlive()
            yield digests
          }
        },
      })
      const result = await suppression.settle(read)
      room.takeRows(result.counts.read)
      const plan = (await tally?.total(result)) ?? null
      const list = await deps.extendList.extend(request, spec.list, result)
      const uploadId = begun.id
      const staging = stagingOf(deps, { request, list, scope, uploadId, result, plan })
      return { ...staging, phones: result.phones }
    },
    () => bytes,
  )
  tellReceived(deps, { upload, input, requestId: caller.requestId, startedMs })
  return { ...answer, location: `/v1/uploads/${upload.id}`, replayed: false }
}

const tellReceived = (
  deps: Pick<ReceiveDeps, 'emit' | 'clock'>,
  about: {
    upload: Upload
    input: Pick<StageUpload, 'suppressed'> & { chunks: number; phones: IntakeResult['phones'] }
    requestId: string
    startedMs: number
  },
): void => {
  const { upload, input, requestId, startedMs } = about
  const durationMs = deps.clock.monotonicMs() - startedMs
  const { normalized: normalizedPhones, ...parsed } = input.phones
  const { bytes } = upload.source
  const { chunks, suppressed } = input
  tellStaged(deps, upload, { requestId, bytes, durationMs, chunks, normalizedPhones, suppressed })
  deps.emit('phones.parsed', parsed)
}

/**
 * Gives the upload a new id. The encoding, delimiter, size and SHA-256 of `source` are placeholders
 * until the upload is staged.
 */
export const newUploadOf = (
  deps: ReceiveDeps,
  request: UploadRequest,
  spec: IntakeSpec,
): Omit<NewUpload, 'owner'> => ({
  id: deps.ids.newId('upl'),
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
})

/** The result of intake, without the rows that are suppressed. */
export type SuppressedResult = IntakeResult &
  Pick<StageUpload, 'suppressed' | 'suppressionEpochs' | 'registries'>

/**
 * What `stage` stores about a file. `retry-upload.ts` does this for a retry. `plan` null: no plan
 * was requested. Throws `contact-id-column-not-in-list` as `chooseDelivery` does.
 */
export const stagingOf = (
  deps: ReceiveDeps,
  about: {
    request: UploadRequest
    list: ContactList
    scope: ClaimScope
    uploadId: string
    result: SuppressedResult
    plan: UploadPlan | null
  },
): StageUpload => {
  const { request, list, uploadId, result, plan } = about
  const { options } = request
  const { sha256 } = result.source
  const { read, accepted, rejected, duplicates, suppressed, blank } = result.counts
  const { phones: _phones, addedColumns: _added, ...staged } = result
  const planBasis = planBasisOf({ fileSha256: sha256, options, leftOut: result.leftOut })
  const { schemaVersion } = list
  const delivery = chooseDelivery(deps, options, list, result)
  return {
    ...staged,
    ...acceptanceOf(deps, {
      caller: request.caller,
      scope: about.scope,
      uploadId,
      counts: { read, accepted, rejected, duplicates, suppressed, blank },
      fileSha256: sha256,
      fingerprint: fingerprintOf(request, sha256),
      contactListId: list.id,
    }),
    options,
    delivery,
    queue: request.queue ?? null,
    planDigest: planDigestOf({ basis: planBasis, schemaVersion, suppressed }),
    planBasis,
    plan,
    parentId: null,
    schemaVersion,
  }
}
