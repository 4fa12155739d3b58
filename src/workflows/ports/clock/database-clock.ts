/** The result of checking the database's clock. */
export type ClockLook = {
  /** The time of the clock, in milliseconds since 1970. */
  nowMs: number
  /**
   * How far the clock jumped since any instance last checked it. Negative: it was set back. null:
   * it did not jump, or another instance has already found the jump.
   */
  jumpedMs: number | null
  /**
   * How long the clock was not checked by any instance before this check. Set only for the first
   * check of a process, and only if this time was so long that a jump cannot be excluded. Only one
   * instance gets this value. Otherwise null.
   */
  awayMs: number | null
  /**
   * Whether the clock is in doubt: it jumped, or no instance checked it for a long time, and
   * nothing has confirmed its time since.
   */
  doubted: boolean
}

/** The database's clock, from which all stored times come. */
export type DatabaseClock = {
  /**
   * Checks the clock, and corrects stored times after a jump. After a jump back, the waits that the
   * gateway set do not become longer. A time that a caller named does not move. After a jump ahead,
   * no live instance counts as dead. `elapsedMs` returns how many milliseconds of the monotonic
   * clock have passed since this process began its last check. null: this is its first check.
   */
  look(elapsedMs: () => number | null): Promise<ClockLook>
  /** Ends the doubt. Call it when another clock agrees with the database's clock. */
  confirm(): Promise<void>
}
