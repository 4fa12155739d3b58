import type { Emit } from '../../../telemetry/events.ts'
import type { LookBackStore } from '../../ports/do-not-call/retractions.ts'

/**
 * Makes one step of the search for contacts that were delivered before entries named them. Returns
 * false if there is no step to make. `found` is called if the step found such contacts.
 */
export const createLookBack =
  (deps: { lookBack: LookBackStore; emit: Emit }) =>
  async (found: () => void): Promise<boolean> => {
    const step = await deps.lookBack.step()
    if (step === null) return false
    if (step.found > 0) {
      deps.emit('dnc.delivered_before', { tenantId: step.tenantId, contacts: step.found })
      found()
    }
    return true
  }
