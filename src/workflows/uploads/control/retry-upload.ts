import type { Caller } from '../../../domain/access/access.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { listChangesOf } from '../../../domain/contact-lists/list-changes.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import { FINAL_STATES, type Upload, ZERO_COUNTS } from '../../../domain/uploads/upload.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { UploadAnswer } from '../../contract.ts'
import { beginSuppression } from '../../do-not-call/suppress-rows.ts'
import type { DeliveryStore } from '../../ports/delivery/delivery.ts'
import { RetriedBeside, type StageUpload } from '../../ports/uploads/uploads.ts'
import { answerOnce } from '../receive/answer-once.ts'
import { chooseDelivery } from '../receive/choose-delivery.ts'
import { lostAs } from '../receive/given-up.ts'
import type { ClaimScope } from '../receive/idempotency-claim.ts'
import { readContext, readListSchema } from '../receive/list-schema.ts'
import type { ReceiveDeps } from '../receive/receive-deps.ts'
import { acceptanceOf, stageRows, tellStaged } from '../receive/staging.ts'
import type { RETRY_REFUSALS } from '../refusals.ts'
import { planBasisOf, planDigestOf } from './plan-digest.ts'
import { retriable, retriedChunks, type RetryOutcome } from './retry-rows.ts'

export type RetryRequest = {
  caller: Caller
  uploadId: string
  outcomes: readonly RetryOutcome[]
  idempotencyKey: string
  method: string
  path: string
}

export type RetryUpload = Refusing<
  (typeof RETRY_REFUSALS)[number],
  (request: RetryRequest) => Promise<UploadAnswer>
>

export type RetryUploadDeps = Omit<
  ReceiveDeps,
  'runIntake' | 'extendList' | 'settings' | 'register' | 'contentHashes' | 'intake' | 'smallUploads'
> & {
  delivery: Pick<DeliveryStore, 'clearing'>
  digestKey: Buffer
}

/**
 * The list is read from Genesys, because a stored copy would not show what has changed since the
 * rows were checked. The stored copy is used only if Genesys does not answer.
 */
const FRESH_MS = 0

/**
 * Makes a new upload from stored rows of a finished upload: rows that failed or were not processed,
 * or all delivered rows if the reconciliation found differences. The content of these rows keeps
 * its age, so it does not overwrite newer content of a contact. Throws the problems of reading the
 * list and of an Idempotency-Key, and
 * - 404, if the upload does not exist,
 * - 409, if the upload or a retry of it has not ended, if no row is left to retry, or if the upload
 *   was to overwrite the list but never did,
 * - 410, if the rows are gone,
 * - 422, if the columns of the list have changed, or if the rows are to be sent as files and the
 *   list has no column for the contact id,
 * - 503, if the retry was interrupted.
 */
export const createRetryUpload =
  (deps: RetryUploadDeps): RetryUpload =>
  async (request) => {
    const { caller, method, path, idempotencyKey: key } = request
    const parent = await deps.uploads.find(caller.tenantId, request.uploadId)
    if (parent === null) throw unknown()
    const { tenantId, requestId } = caller
    const call = {
      ...{ tenantId, method, path, key, fingerprint: () => fingerprintOf(request) },
      right: { keyId: caller.keyId, kind: 'contact_list', objectId: parent.contactListId } as const,
      reused: 'This Idempotency-Key was used for a different retry.',
    }
    const answer = await answerOnce(deps, call, (scope) =>
      retry(deps, request, parent, scope).catch((error: unknown) => {
        if (error instanceof RetriedBeside) throw underWay({ uploadId: error.uploadId })
        throw lostAs(error, 'The retry was interrupted while its rows were read. Send it again.')
      }),
    )
    if (answer.replayed) deps.emit('upload.replayed', { tenantId, requestId })
    return answer
  }

const retry = async (
  deps: RetryUploadDeps,
  request: RetryRequest,
  parent: Upload,
  scope: ClaimScope,
): Promise<UploadAnswer> => {
  const { options, erased } = await checkRetryable(deps, request, parent)
  const list = await unchangedList(deps, parent)
  const { requestId } = request.caller
  const startedMs = deps.clock.monotonicMs()
  const uploadId = deps.ids.newId('upl')
  const { tenantId, contactListId, laneKey, source, schemaVersion } = parent
  const { duplicates } = options
  const about = { tenantId, contactListId, laneKey, duplicates, source, schemaVersion, requestId }
  const { upload, answer, input } = await stageRows(
    deps,
    { id: uploadId, ...about, mode: 'append' },
    scope,
    async ({ write, assertAlive }) => {
      const { digestKey, contactLists, uploads } = deps
      const { batchRows } = contactLists.limits
      const suppression = await beginSuppression(deps.suppressions, contactListId)
      let rows = 0
      let chunks = 0
      const from = { uploads, batchRows, digestKey }
      for await (const chunk of retriedChunks(
        from,
        parent,
        request.outcomes.filter((outcome) => retriable(parent, outcome) > 0),
      )) {
        assertAlive()
        await suppression.look(chunk)
        await write(chunk)
        rows += chunk.lines.length
        chunks += 1
      }
      if (rows === 0) throw nothing()
      const counts = { ...ZERO_COUNTS, read: rows, accepted: rows }
      const result = await suppression.settle({
        ...{ counts, leftOut: new Map(), replacedBy: new Map(), batchesTotal: chunks },
        chunks,
      })
      return stagingOf(deps, { request, parent, scope, options, erased, list, uploadId, result })
    },
    () => 0,
  )
  const durationMs = deps.clock.monotonicMs() - startedMs
  tellStaged(deps, upload, {
    requestId,
    bytes: 0,
    durationMs,
    chunks: input.chunks,
    normalizedPhones: 0,
    suppressed: input.suppressed,
  })
  return { ...answer, location: `/v1/uploads/${uploadId}`, replayed: false }
}

/**
 * Throws if no rows of the upload can be retried. Returns how many rows were erased so far, and the
 * options of the retry: the options of the upload, except that the retry appends, needs no plan,
 * does not wait for `notBefore`, and skips no delivered rows that it is to send again.
 */
const checkRetryable = async (
  deps: RetryUploadDeps,
  { outcomes }: RetryRequest,
  parent: Upload,
): Promise<{ options: UploadOptions; erased: number }> => {
  if (!FINAL_STATES.includes(parent.state)) {
    const detail = `The upload is ${parent.state}. You can retry its rows only after it has ended.`
    throw new GatewayProblem('state-conflict', detail, { state: parent.state, action: 'retry' })
  }
  if (outcomes.every((outcome) => retriable(parent, outcome) === 0)) throw nothing()
  const staging = await deps.uploads.staging(parent.tenantId, parent.id)
  if (staging === null) throw unknown()
  if (!staging.rowsKept) {
    throw new GatewayProblem(
      'rows-gone',
      'The rows of this upload were deleted at the end of their retention.',
    )
  }
  await refuseBeside(deps, parent)
  if (parent.mode === 'overwrite' && (await deps.delivery.clearing(parent)).state !== 'done') {
    const detail = 'The upload ended before it overwrote the list. A retry would only append rows.'
    throw new GatewayProblem('retry-needs-overwrite', detail)
  }
  const { notBefore: _notBefore, confirmOverwrite: _confirmed, ...options } = staging.options
  // The register knows the delivered rows that are to be sent again.
  const again = options.duplicates === 'skip' && outcomes.some((one) => one === 'differing')
  const duplicates = again ? 'update' : options.duplicates
  return {
    options: { ...options, duplicates, mode: 'append', apply: 'auto' },
    erased: staging.erased,
  }
}

/**
 * Refuses a retry while the last retry of the same upload has not ended, because both would send
 * the same rows. Two calls at the same moment may both pass this check. The store then refuses the
 * second retry when it is staged.
 */
const refuseBeside = async (deps: RetryUploadDeps, parent: Upload): Promise<void> => {
  const last = parent.children.at(-1)
  if (last === undefined) return
  const child = await deps.uploads.find(parent.tenantId, last)
  if (child === null || FINAL_STATES.includes(child.state)) return
  throw underWay({ uploadId: last, state: child.state })
}

const unchangedList = async (deps: RetryUploadDeps, parent: Upload): Promise<ContactList> => {
  const context = readContext(parent.tenantId, deps.signal ?? new AbortController().signal)
  const { list } = await readListSchema(deps, parent.contactListId, context, FRESH_MS)
  if (list.schemaVersion === parent.schemaVersion) return list
  const detail = 'The columns of the list have changed since the rows were checked.'
  throw new GatewayProblem('schema-drift', detail, { diff: listChangesOf(parent, list) })
}

const stagingOf = (
  deps: RetryUploadDeps,
  about: {
    request: RetryRequest
    parent: Upload
    scope: ClaimScope
    options: UploadOptions
    erased: number
    list: ContactList
    uploadId: string
    result: Pick<
      StageUpload,
      | 'counts'
      | 'leftOut'
      | 'replacedBy'
      | 'batchesTotal'
      | 'chunks'
      | 'suppressed'
      | 'suppressionEpochs'
      | 'registries'
    >
  },
): StageUpload => {
  const { request, parent, options, erased, list, uploadId, result } = about
  const { columns, targetColumns, source, schemaVersion } = parent
  const { counts, leftOut } = result
  const { read, accepted, suppressed } = counts
  const retried = { parentId: parent.id, outcomes: request.outcomes.toSorted() }
  const fileSha256 = source.sha256
  const planBasis = planBasisOf({ fileSha256, options, leftOut, retry: retried })
  return {
    ...acceptanceOf(deps, {
      caller: request.caller,
      scope: about.scope,
      uploadId,
      counts: { read, accepted, suppressed },
      fileSha256,
      fingerprint: fingerprintOf(request),
      contactListId: list.id,
    }),
    ...result,
    rejections: {},
    columns,
    targetColumns,
    source,
    options,
    delivery: chooseDelivery(deps, options, list, { columns, counts }),
    queue: parent.queue,
    planDigest: planDigestOf({ basis: planBasis, schemaVersion, suppressed }),
    planBasis,
    plan: null,
    parentId: parent.id,
    ...{ siblings: parent.children.length, erased },
    schemaVersion,
  }
}

const fingerprintOf = ({ uploadId, outcomes }: RetryRequest): string =>
  sha256Hex(canonicalJson({ retry: uploadId, outcomes: outcomes.toSorted() }))

const underWay = (about: { uploadId: string; state?: string }): GatewayProblem =>
  new GatewayProblem(
    'retry-under-way',
    'Another retry of this upload has begun and has not ended yet.',
    about,
  )

const unknown = (): GatewayProblem => new GatewayProblem('not-found', 'The upload does not exist.')

const nothing = (): GatewayProblem =>
  new GatewayProblem('nothing-to-retry', 'No row of the upload has an outcome that you named.')
