/**
 * `direct`: what others say is heard as they commit. `pooled`: a pooler stands between, which gives each transaction another connection and carries
 * no word from one to the other, so nobody listens. `none`: there are no other instances.
 */
export type Hearing = 'direct' | 'pooled' | 'none'

export type Listening = {
  /** Settles when it is known how the database is reached. */
  hearing: Promise<Hearing>
  stop(): Promise<void>
}

/**
 * From now on calls `nudge` for each nudge of a lane, by whichever instance, once it has committed; `count` as the store counts. A word may be lost:
 * the lane's holder also learns of it when it renews its lease.
 */
export type HearNudges = (nudge: (laneKey: string, count: number) => void) => Listening
