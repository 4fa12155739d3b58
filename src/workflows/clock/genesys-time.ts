import type { Clock } from '../../lib/clock.ts'
import type { TimeWitness } from './time-witness.ts'

/**
 * A clock with Genesys' time of day, as the last answer of Genesys had it. Until Genesys has
 * answered, and if it has not answered for an hour, it has the time of `clock`. Use it for stored
 * times about what Genesys does: they are compared after a restart, on another machine, or after a
 * jump of this machine's clock.
 */
export const createGenesysTime = ({
  witness,
  clock,
}: {
  witness: Pick<TimeWitness, 'nowMs'>
  clock: Clock
}): Clock => ({
  ...clock,
  now: () => {
    const ms = witness.nowMs()
    return ms === null ? clock.now() : new Date(ms)
  },
})
