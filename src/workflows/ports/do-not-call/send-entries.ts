import type { Lease } from '../delivery/delivery.ts'
import type { DncClaim } from './dnc-lane.ts'

/** Sends what the submissions of a claimed list hold, as far as it goes now. Milliseconds until the next look; null: until there is work. */
export type SendEntries = (
  claim: DncClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
