import { canMove, HOLD_REASONS, type Upload } from '../../domain/uploads/upload.ts'
import type { ControlAction } from '../../workflows/ports/uploads/uploads.ts'
import {
  retriable,
  RETRY_OUTCOMES,
  type RetryOutcome,
} from '../../workflows/uploads/control/retry-rows.ts'

export type RetryChoice = { outcome: RetryOutcome; rows: number }

/** What a person can do with an upload in its present state. The store checks each action again. */
export type UploadActions = {
  /** The digest of the plan to apply. null: the upload does not wait for `apply`. */
  apply: string | null
  moves: ControlAction[]
  retry: RetryChoice[]
}

const mayResume = ({ state, hold }: Upload): boolean =>
  state === 'paused' || (hold !== null && HOLD_REASONS[hold.reason] === 'resume')

/**
 * The actions that the page offers. It offers no `resume` for a hold that ends by itself. It offers
 * a retry only after the upload has ended, and only for outcomes that have rows.
 */
export const actionsOf = (upload: Upload): UploadActions => {
  const { state, hold, cancelRequested } = upload
  const waitsForApply = hold?.reason === 'apply'
  const moves: ControlAction[] = [
    ...(mayResume(upload) ? (['resume'] as const) : []),
    ...(canMove(state, 'paused') && !waitsForApply && !cancelRequested ? (['pause'] as const) : []),
    ...(canMove(state, 'cancelled') && !cancelRequested ? (['cancel'] as const) : []),
  ]
  const ended = upload.completedAt !== null
  const retry = ended
    ? RETRY_OUTCOMES.map((outcome) => ({ outcome, rows: retriable(upload, outcome) })).filter(
        ({ rows }) => rows > 0,
      )
    : []
  return { apply: waitsForApply ? upload.planDigest : null, moves, retry }
}
