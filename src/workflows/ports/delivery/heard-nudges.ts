/**
 * How this instance learns of nudges that other instances write. `direct`: a notification of the
 * database arrives with each commit. `pooled`: the connection goes through a pooler that does not
 * forward notifications. `none`: there are no other instances.
 */
export type Hearing = 'direct' | 'pooled' | 'none'

/** `stop` ends the calls of `nudge`, and resolves when the connection is closed. */
export type Listening = {
  /** Resolves when it is known whether notifications arrive. */
  hearing: Promise<Hearing>
  stop(): Promise<void>
}

/**
 * Begins to call `nudge` for each nudge of a lane by any instance, after the nudge is committed.
 * `count`: how many nudges of the lane the store has counted since the lane was claimed. A
 * notification may be lost. The lane's holder then finds the nudge when it renews its lease.
 */
export type HearNudges = (nudge: (laneKey: string, count: number) => void) => Listening
