/**
 * An event of Genesys, and the URL to which Genesys sends it. Another URL is another target, which
 * needs a separate subscription. The store gets only a digest, because the URL contains a token.
 */
export type SubscriptionTarget = {
  eventType: string
  /** SHA-256 of the target's URL. */
  digest: Buffer
}

/**
 * The states of a subscription.
 * - `registering`: an instance is subscribing now.
 * - `registered`: Genesys accepted the subscription.
 * - `refused`: Genesys did not accept it. The gateway tries again later.
 * - `unknown`: it is not known whether Genesys has the subscription. The gateway subscribes again
 *   only if work ends without the event that Genesys should have sent. Work is an upload that
 *   delivered rows, or a submission with entries that Genesys stored. A `registered` subscription
 *   also becomes `unknown` if work ends without its event.
 */
export type SubscriptionState = 'registering' | 'registered' | 'refused' | 'unknown'

/** The gateway's subscriptions in Genesys, for the org to which the store is bound. */
export type SubscriptionStore = {
  /**
   * Claims the right to subscribe now. `attempt` counts from 1. If no call is needed, returns the
   * state of the subscription. A claim that has no result after `staleAfterMs` belongs to an
   * instance that died, so its subscription becomes `unknown`. An event that arrived after the
   * claim proves that an unknown subscription exists.
   */
  claim(
    target: SubscriptionTarget,
    staleAfterMs: number,
  ): Promise<{ claimed: true; attempt: number } | { claimed: false; state: SubscriptionState }>
  /**
   * Forgets all subscriptions. Call it if the org has certainly lost them, for example after a
   * restart of the sandbox.
   */
  forget(): Promise<void>
  /**
   * Records the result of an attempt. Does nothing if another attempt has been claimed since, or if
   * the subscription is known to exist already.
   */
  record(
    target: SubscriptionTarget,
    attempt: number,
    result:
      | { state: 'registered'; genesysId: string }
      | { state: 'refused' | 'unknown'; nextInMs: number },
  ): Promise<void>
}
