/** How many minutes without a page end a session of the console. */
export const SESSION_IDLE_MINUTES = 30
/** How many hours end a session, however it is used. */
export const SESSION_HOURS = 12
/** Random bytes of the token that the cookie holds. */
export const SESSION_TOKEN_BYTES = 32
