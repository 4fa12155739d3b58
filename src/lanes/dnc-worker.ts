import type { DncClaim, DncLaneStore } from '../workflows/ports/do-not-call/dnc-lane.ts'
import type { SendEntries } from '../workflows/ports/do-not-call/send-entries.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/** Works DNC lists, several at once, so that a long submission to one keeps no other waiting. */
export const createDncWorker = ({
  lane,
  send,
  atOnce,
  ...deps
}: Omit<ObjectWorkerDeps<DncClaim>, 'lane'> & {
  lane: Pick<DncLaneStore, 'claim' | 'renew' | 'release'>
  send: SendEntries
  /** Lists that this process works at once. */
  atOnce: number
}): ObjectWorker => {
  const workers = Array.from({ length: atOnce }, () =>
    createObjectWorker<DncClaim>({
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
    }),
  )
  return {
    start: () => {
      for (const worker of workers) worker.start()
    },
    wake: () => {
      for (const worker of workers) worker.wake()
    },
    stop: async (graceMs) => {
      await Promise.all(workers.map((worker) => worker.stop(graceMs)))
    },
  }
}
