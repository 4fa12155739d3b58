import type { Lease } from '../delivery/lease.ts'
import type { ClaimedGuestFile } from './guest-files.ts'

/**
 * Works on a claimed file as far as possible now. Returns milliseconds until the next step; null:
 * there is nothing more to do.
 */
export type SendGuestFile = (
  claimed: ClaimedGuestFile,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
