/** How far the filling of a register has got: the last chunk whose contacts were filled in. */
export type FillPlace = { registerId: number; uploadId: string; seq: number }

/**
 * Adds the phones and addresses of contacts to the registers. An earlier version of the gateway did
 * not store them, and no do-not-call entry finds a contact that lacks them.
 */
export type RegisterFillStore = {
  /**
   * Fills in the contacts of the next chunk, in one short transaction. A second call for the same
   * chunk changes nothing. `after` null: from the first chunk. Returns null once nothing is left.
   */
  fill(after: FillPlace | null): Promise<{ place: FillPlace; filled: number } | null>
  /**
   * Counts the contacts that no entry can find because their chunk is gone, and stores the count
   * for each register. Call it once `fill` has ended. Returns the sum.
   */
  countUnfilled(): Promise<number>
}
