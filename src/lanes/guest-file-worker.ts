import type { GuestFileClaim, GuestFileStore } from '../workflows/ports/guest-files/guest-files.ts'
import type { SendGuestFile } from '../workflows/ports/guest-files/send-guest-file.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/**
 * Works on several guest files at the same time. Only one piece of each file is in memory at a
 * time.
 */
export const createGuestFileWorker = ({
  files,
  send,
  ...deps
}: Omit<ObjectWorkerDeps<GuestFileClaim>, 'lane'> & {
  files: Pick<GuestFileStore, 'claim' | 'renew' | 'release'>
  send: SendGuestFile
}): ObjectWorker =>
  createObjectWorker({
    ...deps,
    lane: {
      claim: async (owner) => {
        const claimed = await files.claim(owner)
        if (claimed === null) return null
        const { claim } = claimed
        const key = `guest-file:${claim.guestFileId}`
        return { claim, key, work: (lease) => send(claimed, lease) }
      },
      renew: (claim) => files.renew(claim),
      release: (claim, readyInMs) => files.release(claim, readyInMs),
    },
  })
