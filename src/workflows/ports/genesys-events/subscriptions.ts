export type SubscriptionTarget = {
  eventType: string
  /** SHA-256 of the target's URL. */
  digest: Buffer
}

/**
 * `registering`: some instance is at it. `refused`: Genesys did not take it, to be tried again. `unknown`: Genesys may hold it or not;
 * only tried again when work ended without its event: an upload, or entries that Genesys stored. A registered one becomes unknown by the same.
 */
export type SubscriptionState = 'registering' | 'registered' | 'refused' | 'unknown'

/** Which subscriptions Genesys holds by our knowledge, for the org that the store is bound to. */
export type SubscriptionStore = {
  /**
   * Whether the caller is the one to subscribe now, `attempt` counting from 1; else how things stand. A claim without a result after
   * `staleAfterMs` is of an instance that died: its outcome is unknown. An event that came in proves an unknown one.
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
