import type {
  DoUpkeep,
  UpkeepClaim,
  UpkeepStore,
  UpkeepTask,
} from '../workflows/ports/retention/retention.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

/** Runs the tasks that one instance does for all instances, for example retention. */
export const createUpkeepWorker = ({
  upkeep,
  tasks,
  ...deps
}: Omit<ObjectWorkerDeps<UpkeepClaim>, 'lane'> & {
  upkeep: Pick<UpkeepStore, 'claim' | 'renew' | 'release'>
  tasks: Record<UpkeepTask, DoUpkeep>
}): ObjectWorker =>
  createObjectWorker({
    ...deps,
    lane: {
      claim: async (owner) => {
        const claim = await upkeep.claim(owner)
        if (claim === null) return null
        const key = `upkeep:${claim.task}`
        return { claim, key, work: (lease) => tasks[claim.task](claim, lease) }
      },
      renew: (claim) => upkeep.renew(claim),
      release: (claim, readyInMs) => upkeep.release(claim, readyInMs),
    },
  })
