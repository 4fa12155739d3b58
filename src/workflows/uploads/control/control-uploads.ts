import type { Caller } from '../../../domain/access/access.ts'
import { GatewayProblem, type ProblemCode } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import type { ControlUpload } from '../../contract.ts'
import type { ControlAction, UploadFilter, UploadStore } from '../../ports/uploads/uploads.ts'
import type { CONTROL_REFUSALS } from '../refusals.ts'

/** The result of an action on many uploads: how many took it, how many did not, and why by code. */
export type ControlledUploads = {
  done: number
  skipped: number
  why: Partial<Record<ProblemCode, number>>
  /** There are more that fit the filter than one call takes. */
  more: boolean
}

/**
 * Cancels, pauses or resumes the caller's uploads that fit a filter, one after the other, at most
 * `MOST_AT_ONCE`.
 */
export type ControlUploads = (input: {
  caller: Caller
  action: ControlAction
  filter: UploadFilter
}) => Promise<ControlledUploads>

/** One press of a button answers within seconds. */
export const MOST_AT_ONCE = 500
const PAGE = 100

type Deps = { uploads: Pick<UploadStore, 'list'>; controlUpload: ControlUpload }

/**
 * The ids first: an upload that was moved no longer fits a filter by state, and would shift the
 * pages.
 */
const idsOf = async (
  { uploads }: Deps,
  tenantId: string,
  filter: UploadFilter,
): Promise<{ ids: string[]; more: boolean }> => {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page = await uploads.list(tenantId, { limit: PAGE, cursor, ...filter })
    if (page === null) break
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== null && ids.length < MOST_AT_ONCE)
  return { ids, more: cursor !== null }
}

type Skips = Refusing<(typeof CONTROL_REFUSALS)[number], (error: unknown) => ProblemCode>

/** An upload that does not take the action is skipped; anything else ends the call. */
const reasonOf: Skips = (error) => {
  if (error instanceof GatewayProblem) return error.code
  throw error
}

export const createControlUploads =
  (deps: Deps): ControlUploads =>
  async ({ caller, action, filter }) => {
    const { ids, more } = await idsOf(deps, caller.tenantId, filter)
    const result: ControlledUploads = { done: 0, skipped: 0, why: {}, more }
    for (const uploadId of ids) {
      try {
        await deps.controlUpload({ caller, uploadId, action })
        result.done += 1
      } catch (error) {
        const code = reasonOf(error)
        result.skipped += 1
        result.why[code] = (result.why[code] ?? 0) + 1
      }
    }
    return result
  }
