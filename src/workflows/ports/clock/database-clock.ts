/** The result of checking the database's clock. */
export type ClockLook = {
  /** The time of the clock, in milliseconds since 1970. */
  nowMs: number
  /**
   * By how much it jumped since the last check of any instance. null: it did not. Only one instance
   * gets this.
   */
  jumpedMs: number | null
  /**
   * How long no instance checked the clock, if that cannot be distinguished from a jump. null: an
   * instance did. Only one instance gets this.
   */
  awayMs: number | null
  /**
   * Whether the clock is in doubt: it jumped, or no instance checked it for a long time, and
   * nothing has confirmed it since.
   */
  doubted: boolean
}

/** The database's clock, which times everything that is stored. */
export type DatabaseClock = {
  /**
   * Checks the clock, and corrects stored times after a jump: after a jump back, pending waits take
   * as long as before; after a jump ahead, no live instance counts as dead. `elapsedMs`: since
   * before this process' last check, on the monotonic clock. null: its first.
   */
  look(elapsedMs: () => number | null): Promise<ClockLook>
  /** Another clock agrees. */
  confirm(): Promise<void>
}
