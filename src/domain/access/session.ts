/**
 * A session of the console ends after this many minutes without a request. Requests that a page
 * makes to refresh itself do not count.
 */
export const SESSION_IDLE_MINUTES = 30
/** A session of the console ends after this many hours, even if it is used all the time. */
export const SESSION_HOURS = 12
/** Random bytes of the token that the cookie holds. */
export const SESSION_TOKEN_BYTES = 32
