import type { LookedAtHold } from '../../../domain/uploads/upload.ts'

export type HeldUpload = {
  id: string
  tenantId: string
  contactListId: string
  laneKey: string
  reason: LookedAtHold
}

/** Holds that end when Genesys shows that their reason is gone. */
export type HoldStore = {
  /**
   * Takes holds whose next check is due, longest due first, and sets their next check in
   * `againInMs`: no other instance takes them before. Nothing that callers see changes.
   */
  takeDue(againInMs: number): Promise<HeldUpload[]>
  /** Returns the upload to its lane. false if it is no longer held for this reason. */
  end(held: HeldUpload): Promise<boolean>
}
