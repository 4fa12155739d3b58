import type { Lease } from '../delivery/lease.ts'
import type { DncClaim } from './dnc-lane.ts'

/**
 * Sends what the submissions of a claimed list have, as far as possible now. Returns the
 * milliseconds until the next step. null: when there is work.
 */
export type SendEntries = (
  claim: DncClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
