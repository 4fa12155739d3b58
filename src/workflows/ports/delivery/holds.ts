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
   * Takes holds whose time for a look has come, longest due first, and sets their next look in `againInMs`: no other instance takes
   * them before. Nothing that callers see changes.
   */
  takeDue(againInMs: number): Promise<HeldUpload[]>
  /** The upload goes back to its lane; false where it is not held for this reason any more. */
  end(held: HeldUpload): Promise<boolean>
}
