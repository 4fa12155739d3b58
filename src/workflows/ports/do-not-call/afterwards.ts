/** How far filling the registers has got: a chunk of an upload. */
export type FillPlace = { registerId: number; uploadId: string; seq: number }

export type RegisterFillStore = {
  /**
   * Gives subjects to the next contacts of registers that have none, from the chunks by which they
   * were delivered, in one short transaction, at most a chunk. Repeating it changes nothing.
   * `after`: null begins at the start. Returns null after the last one.
   */
  fill(after: FillPlace | null): Promise<{ place: FillPlace; filled: number } | null>
  /**
   * Counts, for the answers, all contacts of each register that no entry can find because their
   * chunk is gone.
   */
  countUnfilled(): Promise<number>
}
