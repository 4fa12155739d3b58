/**
 * `direct`: notifications of other instances arrive as they commit. `pooled`: a pooler in between
 * gives each transaction another connection and forwards no notifications, so nobody listens.
 * `none`: there are no other instances.
 */
export type Hearing = 'direct' | 'pooled' | 'none'

export type Listening = {
  /** Settles when it is known how the database is reached. */
  hearing: Promise<Hearing>
  stop(): Promise<void>
}

/**
 * From now on calls `nudge` for each nudge of a lane, by any instance, after the nudge has
 * committed. `count` is the store's count. A notification may be lost: the lane's holder also finds
 * the nudge when it renews its lease.
 */
export type HearNudges = (nudge: (laneKey: string, count: number) => void) => Listening
