/**
 * How often a request was sent. `refusals`: how many of these tries Genesys refused, so that it
 * took no row.
 */
export type Attempted = { attempts: number; refusals: number }
