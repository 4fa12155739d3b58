import { setImmediate as turn } from 'node:timers/promises'

import { dncOptionsSchema } from '../../../src/domain/do-not-call/dnc-options.ts'
import { renderSubmission } from '../../../src/http/routes/do-not-call/dnc-view.ts'
import { type BuildEntrySteps, createEntrySteps } from '../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { Emit } from '../../../src/telemetry/events.ts'
import { createReceiveEntries } from '../../../src/workflows/do-not-call/receive-entries.ts'
import { type Life, mortal } from '../gateway/kill-points.ts'
import { ids } from '../stages/store-uploads.ts'

const RECEIVED = ['begin', 'append', 'accept', 'discard'] as const
/** How much a socket yields at a time. */
const PIECE_BYTES = 65_536
const CLAIMED = ['claim', 'release'] as const

const entrySteps = createEntrySteps(
  { reasons: new Map(), allowedCountries: new Set(['US', 'CA', 'GB', 'DE', 'FR']) },
  createNormalisations(),
)

/** Submits entries as a call does, until it is killed. Returns the id of the submission. */
export const createSubmitter = (
  store: Store,
  about: {
    life: Life
    emit?: Emit
    signal?: AbortSignal
    /** Called before an entry is validated. */
    judges?: () => void
  },
) => {
  const { life, emit = () => undefined, signal, judges = () => undefined } = about
  const steps: BuildEntrySteps = (spec) => {
    const judge = entrySteps(spec)
    return (...entry) => {
      judges()
      return judge(...entry)
    }
  }
  const receive = createReceiveEntries({
    submissions: mortal(store.dncSubmissions, RECEIVED, life),
    tenants: store.tenants,
    idempotency: mortal(store.idempotency, CLAIMED, life),
    intake: { maxBytes: 1e9, maxRows: 1e7, maxRecordBytes: 1e5, digestKey: store.digestKey },
    ...{ renderSubmission, clock: systemClock, ids, emit },
    owner: `process-${ids.newUuid()}`,
    ...(signal === undefined ? {} : { signal }),
  })
  return async (
    entries: readonly object[],
    { dncListId, key = ids.newUuid() }: { dncListId: string; key?: string | undefined },
  ): Promise<string> => {
    const { location } = await receive({
      caller: { tenantId: 'default', keyId: 'key_1', scopes: ['dnc'], requestId: 'req_1' },
      ...{ kind: 'add', dncListId, options: dncOptionsSchema.parse({}), format: 'json' },
      ...{ fileName: null, steps, idempotencyKey: key },
      ...{ method: 'POST', path: '/entries' },
      body: (async function* () {
        const bytes = Buffer.from(JSON.stringify(entries))
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          yield bytes.subarray(at, at + PIECE_BYTES)
          await turn()
        }
      })(),
    })
    return location!.split('/').at(-1)!
  }
}
