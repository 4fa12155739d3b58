import { renderErasure } from '../http/routes/erasures/erasure-view.ts'
import { createErasureWorker } from '../lanes/erasure-worker.ts'
import type { ObjectWorker } from '../lanes/object-worker.ts'
import { createUpkeepWorker } from '../lanes/upkeep-worker.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createAskErasure } from '../workflows/erasures/ask-erasure.ts'
import { createEraseSubject } from '../workflows/erasures/erase-subject.ts'
import { createKeepToRetention } from '../workflows/retention/keep-to-retention.ts'
import { createReseal } from '../workflows/retention/reseal.ts'
import type { Essentials } from './essentials.ts'

/** How many erasures one process works on at the same time. Each erasure reads whole uploads. */
const AT_ONCE = 2

const timing = { clock: systemClock, random: Math.random } as const

/** The use cases of erasures. */
export const erasureUsesOf = ({ store, owner }: Essentials, wake: () => void) => ({
  erasures: store.erasures,
  askErasure: createAskErasure({
    erasures: store.erasures,
    access: store.access,
    idempotency: store.idempotency,
    renderErasure,
    digestKey: store.digestKey,
    clock: systemClock,
    ids: createIds({ clock: systemClock }),
    ...{ owner, wake },
  }),
})

/**
 * The worker that erases people, from the database and from Genesys. It works on at most `AT_ONCE`
 * erasures at the same time. The caller must start it.
 */
export const erasureWorkerOf = ({ store, genesys, telemetry, owner }: Essentials): ObjectWorker =>
  createErasureWorker({
    erasures: store.erasures,
    erase: createEraseSubject({
      erasures: store.erasures,
      contacts: genesys.contactErasures,
      contactLists: genesys.contactLists,
      ids: createIds({ clock: systemClock }),
      ...{ ...timing, emit: telemetry.emit },
    }),
    ...{ ...timing, emit: telemetry.emit, owner },
    ...{ idlePollMs: 1_000, atOnce: AT_ONCE },
  })

/**
 * The worker that deletes data past its retention, and reseals data that was sealed with older
 * encryption keys.
 */
export const upkeepWorkerOf = ({ store, telemetry, owner }: Essentials): ObjectWorker => {
  const { emit } = telemetry
  const { upkeep } = store
  const uses = { upkeep, clock: systemClock, emit }
  return createUpkeepWorker({
    upkeep,
    tasks: {
      retention: createKeepToRetention({ ...uses, retention: upkeep.retention }),
      resealing: createReseal({ ...uses, reseal: upkeep.reseal }),
    },
    ...{ ...timing, emit, owner },
    ...{ idlePollMs: 5_000, atOnce: 2 },
  })
}
