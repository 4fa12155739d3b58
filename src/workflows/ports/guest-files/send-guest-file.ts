import type { Lease } from '../delivery/lease.ts'
import type { ClaimedGuestFile } from './guest-files.ts'

/**
 * Works on a claimed file as far as possible now. Returns the milliseconds until the next step.
 * null: nothing is left to do.
 */
export type SendGuestFile = (
  claimed: ClaimedGuestFile,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
