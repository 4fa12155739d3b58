/** What a look at the database's clock found. */
export type ClockLook = {
  /** What the clock says, in milliseconds since 1970. */
  nowMs: number
  /** By how much it jumped since the last look of any instance; null = it did not. Told to one instance only. */
  jumpedMs: number | null
  /** How long no instance looked, where that cannot be told from a jump; null = somebody did. Told to one instance only. */
  awayMs: number | null
  /** Whether it must be doubted: it jumped, or nobody looked for long, and nothing has confirmed it since. */
  doubted: boolean
}

/** The database's clock, by which everything stored is timed. */
export type DatabaseClock = {
  /**
   * Looks, and puts right what a jump does to stored times: after one back, what was to come is to come in as long as before; after
   * one ahead, nobody who is alive counts as dead. `elapsedMs`: since before this process' last look, on the monotonic clock; null = its first.
   */
  look(elapsedMs: () => number | null): Promise<ClockLook>
  /** Somebody else's clock agrees. */
  confirm(): Promise<void>
}
