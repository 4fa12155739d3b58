import type { Emit } from '../../../telemetry/events.ts'
import type { RegistryWork } from '../../ports/do-not-call/registries/registries.ts'

/**
 * An edition without a saved part is discarded if the instance that receives it has been silent for
 * this long.
 */
const DEAD_AFTER_MS = 60_000

/**
 * Works on received editions. Does the first of these steps that has something to do:
 * - Brings an edition into force.
 * - Searches an upload that was settled while an edition came into force.
 * - Searches for contacts that were delivered before an edition named them.
 *
 * If no step has anything to do, discards editions whose receiving was interrupted, and returns
 * false.
 */
export const createFollowEditions =
  ({ work, emit }: { work: RegistryWork; emit: Emit }): (() => Promise<boolean>) =>
  async () => {
    const brought = await work.bringIntoForce()
    if (brought !== null) {
      const { id: editionId, registry, numbers, state } = brought.edition
      emit('registry.switched', {
        editionId,
        registry,
        numbers,
        state,
        fault: brought.fault?.kind ?? null,
      })
      return true
    }
    const late = await work.lookForLate()
    if (late !== null) {
      emit('registry.looked_for_late', late)
      return true
    }
    const back = await work.lookBack()
    if (back !== null) {
      const { id: editionId, registry, added } = back.edition
      if (back.done || back.found > 0) {
        emit('registry.looked_back', {
          editionId,
          registry,
          added,
          found: back.found,
          done: back.done,
        })
      }
      return true
    }
    await work.sweep(DEAD_AFTER_MS)
    return false
  }
