import type { Caller } from '../../../domain/access/access.ts'
import { GatewayProblem, type ProblemCode } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { ControlUpload } from '../../contract.ts'
import type { AccessStore } from '../../ports/access/access.ts'
import {
  CONTROL_ACTIONS,
  type UploadFilter,
  type UploadStore,
} from '../../ports/uploads/uploads.ts'
import type { APPLY_REFUSALS, CONTROL_REFUSALS, RETRY_REFUSALS } from '../refusals.ts'
import type { ApplyUpload } from './apply-upload.ts'
import { retriable, type RetryOutcome } from './retry-rows.ts'
import type { RetryUpload } from './retry-upload.ts'

export const BULK_ACTIONS = [...CONTROL_ACTIONS, 'apply', 'retry'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/**
 * The result of an action on many uploads: how many uploads it changed, how many it skipped, and
 * how many it skipped for each problem code.
 */
export type ControlledUploads = {
  done: number
  skipped: number
  why: Partial<Record<ProblemCode, number>>
  /**
   * Where the next call continues. null: no more uploads match the filter, or the cursor cannot be
   * read.
   */
  next: string | null
}

/**
 * Cancels, pauses, resumes or applies the caller's uploads that match a filter, or sends their
 * failed and unprocessed rows again. Takes one upload after the other, at most `MOST_AT_ONCE`.
 */
export type ControlUploads = (input: {
  caller: Caller
  action: BulkAction
  filter: UploadFilter
  cursor: string | null
  /**
   * A text that is the same in a repeated call as in the first call. It ensures that `retry` sends
   * rows again only once.
   */
  once: string
}) => Promise<ControlledUploads>

/**
 * The most uploads of one call. The person who presses the button waits, so a call must end within
 * seconds. `apply` reads the list from Genesys and `retry` also reads rows of the upload, so their
 * limits are lower.
 */
export const MOST_AT_ONCE: Record<BulkAction, number> = {
  ...{ cancel: 500, pause: 500, resume: 500 },
  ...{ apply: 100, retry: 20 },
}
const PAGE = 100

type Deps = {
  uploads: Pick<UploadStore, 'list'>
  access: Pick<AccessStore, 'isGranted'>
  controlUpload: ControlUpload
  applyUpload: ApplyUpload
  retryUpload: RetryUpload
}
type Asked = Parameters<ControlUploads>[0]

/**
 * Reads all uploads before the first action, because an action may change which uploads match the
 * filter.
 */
const matching = async (
  { uploads }: Deps,
  { caller, action, filter, cursor }: Asked,
): Promise<{ found: Upload[]; next: string | null }> => {
  const most = MOST_AT_ONCE[action]
  const found: Upload[] = []
  let next = cursor
  do {
    const limit = Math.min(PAGE, most - found.length)
    const page = await uploads.list(caller.tenantId, { limit, cursor: next, ...filter })
    if (page === null) return { found, next: null }
    found.push(...page.items)
    next = page.next
  } while (next !== null && found.length < most)
  return { found, next }
}

/** `apply` and `retry` need this check: the tenant must still be granted the list. */
const checkGranted = async ({ access }: Deps, { tenantId, contactListId }: Upload) => {
  if (await access.isGranted(tenantId, 'contact_list', contactListId)) return
  throw new GatewayProblem('not-found', 'The upload does not exist.')
}

const RETRIED: readonly RetryOutcome[] = ['failed', 'unprocessed']

const retry = async (deps: Deps, { caller, once }: Asked, upload: Upload): Promise<void> => {
  const outcomes = RETRIED.filter((outcome) => retriable(upload, outcome) > 0)
  if (outcomes.length === 0) {
    throw new GatewayProblem('nothing-to-retry', 'The upload has no failed or unsent rows.')
  }
  await checkGranted(deps, upload)
  await deps.retryUpload({
    ...{ caller, uploadId: upload.id, outcomes, idempotencyKey: `all-${once}-${upload.id}` },
    ...{ method: 'POST', path: `/v1/uploads/${upload.id}/retry` },
  })
}

const act = async (deps: Deps, asked: Asked, upload: Upload): Promise<void> => {
  const { caller, action } = asked
  if (action === 'retry') return retry(deps, asked, upload)
  if (action !== 'apply') {
    await deps.controlUpload({ caller, uploadId: upload.id, action })
    return
  }
  await checkGranted(deps, upload)
  await deps.applyUpload({ caller, uploadId: upload.id, planDigests: [upload.planDigest] })
}

type Skips = Refusing<
  (typeof CONTROL_REFUSALS | typeof APPLY_REFUSALS | typeof RETRY_REFUSALS)[number],
  (error: unknown) => ProblemCode
>

/**
 * Returns the code with which an upload refuses the action. Rethrows any other error, which ends
 * the call.
 */
const reasonOf: Skips = (error) => {
  if (error instanceof GatewayProblem) return error.code
  throw error
}

/**
 * If an upload refuses the action, counts it as skipped and continues with the next one. Any other
 * error ends the call, and the uploads that were changed before stay changed.
 */
export const createControlUploads =
  (deps: Deps): ControlUploads =>
  async (asked) => {
    const { found, next } = await matching(deps, asked)
    const result: ControlledUploads = { done: 0, skipped: 0, why: {}, next }
    for (const upload of found) {
      try {
        await act(deps, asked, upload)
        result.done += 1
      } catch (error) {
        const code = reasonOf(error)
        result.skipped += 1
        result.why[code] = (result.why[code] ?? 0) + 1
      }
    }
    return result
  }
