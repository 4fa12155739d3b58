import type { Clock } from '../../lib/clock.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { SuppressionPort } from '../ports/do-not-call/suppressions.ts'

/** Wraps `suppressions` so that it reports how long each look-up of digests took. */
export const timedLookUps = (deps: {
  suppressions: SuppressionPort
  clock: Clock
  emit: Emit
}): SuppressionPort => {
  const { suppressions, clock, emit } = deps
  return {
    ...suppressions,
    suppressedAmong: async (contactListId, digests, standing) => {
      const startedMs = clock.monotonicMs()
      const found = await suppressions.suppressedAmong(contactListId, digests, standing)
      emit('dnc.looked_up', {
        subjects: digests.length / DIGEST_BYTES,
        suppressed: found.size,
        durationMs: clock.monotonicMs() - startedMs,
      })
      return found
    },
  }
}
