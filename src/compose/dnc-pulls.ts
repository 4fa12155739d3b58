import { renderSubmission } from '../http/routes/do-not-call/dnc-view.ts'
import { createNormalisations } from '../intake/rows/normalisation.ts'
import { createValidation } from '../intake/rows/validation.ts'
import { createPullWorker } from '../lanes/pull-worker.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds, type Ids } from '../lib/ids.ts'
import { createAskPull } from '../workflows/do-not-call/pulls/ask-pull.ts'
import { createPullNext } from '../workflows/do-not-call/pulls/pull-list.ts'
import type { Essentials } from './essentials.ts'
import { intakeOf } from './intake.ts'

/**
 * An array with one worker, which pulls people who were added inside Genesys. The array is empty if
 * Genesys has no call that shows the entries of a list.
 */
export const pullWorkersOf = ({ config, store, genesys, telemetry, owner }: Essentials) => {
  const { exports } = genesys.dncLists
  if (exports === null) return []
  const { intake, dnc } = config
  const rules = { defaultRegion: intake.defaultRegion, contactIdPattern: intake.contactIdPattern }
  const { emit } = telemetry
  const pullNext = createPullNext({
    exports,
    pulls: store.dncPulls,
    submissions: store.dncSubmissions,
    steps: createValidation({ ...rules, ...dnc }, createNormalisations()).entries,
    intake: intakeOf({ config, store }),
    clock: systemClock,
    ids: createIds({ clock: systemClock }),
    ...{ emit, owner, periodMs: dnc.pullMs === 0 ? null : dnc.pullMs },
  })
  return [createPullWorker({ pullNext, clock: systemClock, emit })]
}

/** The use case that requests a pull. */
export const askPullOf = (
  { store, genesys, owner, stopSignal }: Essentials & { stopSignal: AbortSignal },
  ids: Ids,
) =>
  createAskPull({
    pulls: store.dncPulls,
    canPull: genesys.dncLists.exports !== null,
    idempotency: store.idempotency,
    renderSubmission,
    clock: systemClock,
    ...{ ids, owner, signal: stopSignal },
  })
