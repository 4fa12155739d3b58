export type SubscriptionTarget = {
  eventType: string
  /** SHA-256 of the target's URL. */
  digest: Buffer
}

/**
 * `registering`: an instance is working on it. `refused`: Genesys did not accept it; the gateway
 * tries again. `unknown`: Genesys may have it or not; the gateway tries again only when work ended
 * without its event: an upload, or entries that Genesys stored. For the same reason a registered
 * one becomes unknown.
 */
export type SubscriptionState = 'registering' | 'registered' | 'refused' | 'unknown'

/** The subscriptions in Genesys that we know of, for the org to which the store is bound. */
export type SubscriptionStore = {
  /**
   * Whether the caller should subscribe now, `attempt` counting from 1; otherwise the state. A
   * claim without a result after `staleAfterMs` is of an instance that died: its outcome is
   * unknown. An event that came in proves an unknown one.
   */
  claim(
    target: SubscriptionTarget,
    staleAfterMs: number,
  ): Promise<{ claimed: true; attempt: number } | { claimed: false; state: SubscriptionState }>
  /** Of an org that is known to have lost them all. */
  forget(): Promise<void>
  record(
    target: SubscriptionTarget,
    result:
      | { state: 'registered'; genesysId: string }
      | { state: 'refused' | 'unknown'; nextInMs: number },
  ): Promise<void>
}
