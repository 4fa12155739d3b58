/** A session of the console ends after so many minutes without a page. */
export const SESSION_IDLE_MINUTES = 30
/** And after so many hours however it is used. */
export const SESSION_HOURS = 12
/** Random bytes of the token that the cookie holds. */
export const SESSION_TOKEN_BYTES = 32
