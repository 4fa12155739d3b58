import type { Lease } from '../delivery/lease.ts'
import type { DncClaim } from './dnc-lane.ts'

/**
 * Sends the entries of a claimed list as far as possible now. Returns the milliseconds until the
 * next step. null: the next step follows when there is work.
 */
export type SendEntries = (
  claim: DncClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
