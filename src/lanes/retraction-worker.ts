import type {
  RetractContacts,
  RetractionClaim,
  RetractionStore,
} from '../workflows/ports/do-not-call/retractions.ts'
import { createClaimLoop } from './claim-loop.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/**
 * Searches for contacts that were delivered before an entry named them. Retracts them, several
 * lists at a time.
 */
export const createRetractionWorker = ({
  retractions,
  retract,
  lookBack,
  ...deps
}: Omit<ObjectWorkerDeps<RetractionClaim>, 'lane'> & {
  retractions: Pick<RetractionStore, 'claim' | 'renew' | 'release'>
  retract: RetractContacts
  /** Takes one step of the search. false: no step is left. */
  lookBack: (found: () => void) => Promise<boolean>
}): ObjectWorker => {
  const worker = createObjectWorker<RetractionClaim>({
    ...deps,
    lane: {
      claim: async (owner) => {
        const claim = await retractions.claim(owner)
        if (claim === null) return null
        const key = `retraction:${claim.contactListId}`
        return { claim, key, work: (lease) => retract(claim, lease) }
      },
      renew: (claim) => retractions.renew(claim),
      release: (claim, readyInMs) => retractions.release(claim, readyInMs),
    },
  })
  const stopping = new AbortController()
  const looks = createClaimLoop({
    claimOne: () => lookBack(worker.wake),
    stopping: stopping.signal,
    ...{ idlePollMs: deps.idlePollMs, clock: deps.clock, emit: deps.emit },
    random: deps.random ?? Math.random,
  })
  return {
    start: () => {
      looks.start()
      worker.start()
    },
    wake: () => {
      looks.wake()
      worker.wake()
    },
    stop: async (graceMs) => {
      stopping.abort()
      looks.wake()
      await Promise.all([looks.ended(), worker.stop(graceMs)])
    },
  }
}
