/**
 * How often a request was sent. `refusals`: how many of these tries Genesys refused during this
 * run, so that it took no row.
 */
export type Attempted = { attempts: number; refusals?: number }
