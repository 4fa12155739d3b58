import type { LookedAtHold } from '../../../domain/uploads/upload.ts'

/** A held upload, as the check of its hold needs it. `laneKey`: the lane to which it returns. */
export type HeldUpload = {
  id: string
  tenantId: string
  contactListId: string
  laneKey: string
  reason: LookedAtHold
}

/** Holds that end when a check of Genesys finds their reason gone. */
export type HoldStore = {
  /**
   * Takes at most 100 holds whose check is due: those that have been due longest. Sets their next
   * check to `againInMs` from now, so that no other instance takes them earlier. Callers do
   * not see this change.
   */
  takeDue(againInMs: number): Promise<HeldUpload[]>
  /** Returns the upload to its lane. false if it is no longer held for this reason. */
  end(held: HeldUpload): Promise<boolean>
}
