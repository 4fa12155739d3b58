import type { Lease } from '../delivery/delivery.ts'
import type { ClaimedGuestFile } from './guest-files.ts'

/** Works a claimed file as far as it goes now. Milliseconds until the next look; null: there is nothing more to do. */
export type SendGuestFile = (
  claimed: ClaimedGuestFile,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
