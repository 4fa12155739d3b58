import type {
  ErasureClaim,
  ErasureStore,
  EraseSubject,
} from '../workflows/ports/erasures/erasures.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/** Works on erasures. Continues with each erasure until its work must wait. */
export const createErasureWorker = ({
  erasures,
  erase,
  ...deps
}: Omit<ObjectWorkerDeps<ErasureClaim>, 'lane'> & {
  erasures: Pick<ErasureStore, 'claim' | 'renew' | 'release'>
  erase: EraseSubject
}): ObjectWorker =>
  createObjectWorker({
    ...deps,
    lane: {
      claim: async (owner) => {
        const work = await erasures.claim(owner)
        if (work === null) return null
        const { claim } = work
        const key = `erasure:${claim.erasureId}`
        return { claim, key, work: (lease) => erase(work, lease) }
      },
      renew: (claim) => erasures.renew(claim),
      release: (claim, readyInMs) => erasures.release(claim, readyInMs),
    },
  })
