import { ERASURE_PLACES, ERASURE_STEPS } from '../../domain/erasures/erasure.ts'
import type { Erasure, ErasureStep } from '../../domain/erasures/erasure.ts'
import type { ErasureStore, ErasureWork, EraseSubject } from '../ports/erasures/erasures.ts'
import { auditOf, deleteContacts, type DeleteContactsDeps } from './delete-contacts.ts'

export type EraseDeps = DeleteContactsDeps & {
  erasures: Pick<ErasureStore, 'eraseLot' | 'complete'>
}

type Lease = Parameters<EraseSubject>[1]

/** The pause between two lots, so that other calls get their turn at the database. */
const BREATH_MS = 5

const workStep = async (
  deps: EraseDeps,
  work: ErasureWork,
  step: Exclude<ErasureStep, 'genesys_contacts'>,
  from: string | null,
  lease: Lease,
): Promise<void> => {
  for (let after = from, more = true; more;) {
    lease.assertHeld()
    after = await deps.erasures.eraseLot(work, step, after)
    more = after !== null
    if (more) await deps.clock.sleep(BREATH_MS, lease.signal)
  }
}

const countsOf = ({ places, suppressions }: Erasure): Record<string, number> => {
  const counts: Record<string, number> = { suppressions: suppressions ?? 0 }
  for (const place of ERASURE_PLACES) counts[place] = places[place]?.erased ?? 0
  return counts
}

const remainsOf = ({ places }: Erasure): number =>
  Object.values(places)
    .flatMap(({ remains }) => Object.values(remains))
    .reduce((sum, count) => sum + count, 0)

/**
 * Erases a person place by place, in lots, and records each lot when it is done. After an
 * interruption, the next claim continues after the last recorded lot. Returns the milliseconds
 * until the next try, or null when all is done.
 */
export const createEraseSubject =
  (deps: EraseDeps): EraseSubject =>
  async (work, lease) => {
    const startedMs = deps.clock.monotonicMs()
    const { step: begun, after } = work.position
    for (const step of ERASURE_STEPS.slice(ERASURE_STEPS.indexOf(begun))) {
      const from = step === begun ? after : null
      if (step === 'genesys_contacts') {
        const waitMs = await deleteContacts(deps, work, lease)
        if (waitMs !== null) return waitMs
        continue
      }
      await workStep(deps, work, step, from, lease)
    }
    const done = await deps.erasures.complete(work, (erasure) =>
      auditOf(deps, work, {
        action: 'erasure.completed',
        counts: countsOf(erasure),
        details: { state: erasure.state },
      }),
    )
    deps.emit('erasure.completed', {
      erasureId: done.id,
      tenantId: done.tenantId,
      kind: done.kind,
      state: done.state,
      erased: Object.values(done.places).reduce((sum, { erased }) => sum + erased, 0),
      remains: remainsOf(done),
      sinceAskedMs: Math.max(0, Date.parse(done.updatedAt) - Date.parse(done.createdAt)),
      durationMs: deps.clock.monotonicMs() - startedMs,
    })
    return null
  }
