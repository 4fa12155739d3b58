/**
 * The states of a contact that was delivered before an entry or an edition named it. For each
 * state, the states that may follow it.
 * - `open`: the contact must still be retracted.
 * - `retracted`: Genesys no longer calls the named number in this contact. If an address was named,
 *   or no column of the contact has the number now, Genesys no longer calls the contact at all. The
 *   exception is a contact for which a later upload has replaced the number or address.
 * - `gone`: Genesys no longer has the contact.
 * - `reported`: the dialect has no call that retracts, so the contact is only reported.
 *
 * `retracted` and `gone` become `open` again if the contact may have been sent to Genesys once
 * more.
 */
const RETRACTION_TRANSITIONS = {
  open: ['retracted', 'gone', 'reported'],
  retracted: ['open'],
  gone: ['open'],
  reported: [],
} as const satisfies Record<string, readonly string[]>

/** The note of a submission whose entries name contacts that were already delivered. */
export const DELIVERED_BEFORE_NOTE =
  'The gateway delivered contacts before this submission named them. GET …/delivered-before lists the outcomes of these contacts. Neither a removal nor an expiry undoes a retraction.'

export type RetractionState = keyof typeof RETRACTION_TRANSITIONS
export const RETRACTION_STATES = Object.keys(RETRACTION_TRANSITIONS) as RetractionState[]

export type RetractionEnd = (typeof RETRACTION_TRANSITIONS)['open'][number]
export const RETRACTION_ENDS: readonly RetractionEnd[] = RETRACTION_TRANSITIONS.open

/** The states from which `open` may follow. */
export const OPENS_AGAIN: readonly RetractionState[] = RETRACTION_STATES.filter((state) =>
  (RETRACTION_TRANSITIONS[state] as readonly string[]).includes('open'),
)
