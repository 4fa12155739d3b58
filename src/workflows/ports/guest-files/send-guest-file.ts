import type { GuestFile } from '../../../domain/guest-files/guest-file.ts'
import type { Lease } from '../delivery/delivery.ts'
import type { GuestFileClaim } from './guest-files.ts'

/** Works a claimed file as far as it goes now. Milliseconds until the next look; null: there is nothing more to do. */
export type SendGuestFile = (
  claimed: { claim: GuestFileClaim; file: GuestFile; uploadUrl: string | null },
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
