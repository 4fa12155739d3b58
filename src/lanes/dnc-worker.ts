import type { DncClaim, DncLaneStore } from '../workflows/ports/do-not-call/dnc-lane.ts'
import type { SendEntries } from '../workflows/ports/do-not-call/send-entries.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/**
 * Works on several DNC lists at the same time, so that a long submission to one list does not delay
 * others.
 */
export const createDncWorker = ({
  lane,
  send,
  ...deps
}: Omit<ObjectWorkerDeps<DncClaim>, 'lane'> & {
  lane: Pick<DncLaneStore, 'claim' | 'renew' | 'release'>
  send: SendEntries
}): ObjectWorker =>
  createObjectWorker({
    ...deps,
    lane: {
      claim: async (owner) => {
        const claim = await lane.claim(owner)
        if (claim === null) return null
        const key = `dnc:${claim.dncListId}`
        return { claim, key, work: (lease) => send(claim, lease) }
      },
      renew: (claim) => lane.renew(claim),
      release: (claim, readyInMs) => lane.release(claim, readyInMs),
    },
  })
