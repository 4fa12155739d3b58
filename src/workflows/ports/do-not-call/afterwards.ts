/** How far filling the registers has come: a chunk of an upload. */
export type FillPlace = { registerId: number; uploadId: string; seq: number }

export type RegisterFillStore = {
  /**
   * Gives the next contacts of registers that have no subjects theirs, from the chunks by which
   * they were delivered, in one short transaction: a chunk at the most. Done again it changes
   * nothing. `after`: null begins at the start. Null: that was the last.
   */
  fill(after: FillPlace | null): Promise<{ place: FillPlace; filled: number } | null>
  /**
   * Counts, for the answers, the contacts of each register that cannot be found by an entry,
   * because no chunk of theirs is left; all of them.
   */
  countUnfilled(): Promise<number>
}
