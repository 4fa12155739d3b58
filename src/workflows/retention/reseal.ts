import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  DoUpkeep,
  ResealStore,
  UpkeepClaim,
  UpkeepStore,
} from '../ports/retention/retention.ts'

export type ResealDeps = {
  upkeep: Pick<UpkeepStore, 'note'>
  reseal: ResealStore
  clock: Clock
  emit: Emit
}

/**
 * How often the task runs. Every instance records each minute which key it seals with. A key may be
 * retired only if no instance has recorded it within five minutes.
 */
const EVERY_MS = 60_000
/** The pause between two lots, so that other calls get their turn at the database. */
const BREATH_MS = 20

/**
 * Seals the values of older keys again with the current key, in lots. After an interruption, the
 * next claim of the task continues with the remaining values. When no value is sealed with an older
 * key, retires the older keys that no instance has recorded within five minutes. You may then
 * remove the retired keys from the configuration.
 */
export const createReseal = ({ upkeep, reseal, clock, emit }: ResealDeps): DoUpkeep => {
  const tell = async (claim: UpkeepClaim, found: { left: number; olderKeys: number }) => {
    await upkeep.note(claim, found)
    emit('keys.left', found)
  }
  return async (claim, lease) => {
    const older = await reseal.olderKeys()
    if (older.length === 0) {
      await tell(claim, { left: 0, olderKeys: 0 })
      return EVERY_MS
    }
    const startedMs = clock.monotonicMs()
    let resealed = 0
    for (let after: string | null = null, more = true; more;) {
      lease.assertHeld()
      const lot = await reseal.reseal(claim, older, after)
      resealed += lot.resealed
      after = lot.next
      more = after !== null
      if (lot.resealed > 0) await clock.sleep(BREATH_MS, lease.signal)
    }
    const left = await reseal.left(older)
    const durationMs = clock.monotonicMs() - startedMs
    if (resealed > 0) emit('keys.resealed', { resealed, left, durationMs })
    const retired = left === 0 ? await reseal.retire(claim, older) : []
    for (const keyId of retired) emit('keys.retired', { keyId })
    await tell(claim, { left, olderKeys: older.length - retired.length })
    return EVERY_MS
  }
}
