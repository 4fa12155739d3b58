import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { RegisterFillStore } from '../../../workflows/ports/do-not-call/afterwards.ts'
import type { DncLaneStore } from '../../../workflows/ports/do-not-call/dnc-lane.ts'
import type { DncPullStore } from '../../../workflows/ports/do-not-call/pulls.ts'
import type {
  RegistryStore,
  RegistryWork,
} from '../../../workflows/ports/do-not-call/registries/registries.ts'
import type {
  LookBackStore,
  RetractionStore,
} from '../../../workflows/ports/do-not-call/retractions.ts'
import type { DncSubmissionStore } from '../../../workflows/ports/do-not-call/submissions.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { UploadStore } from '../../../workflows/ports/uploads/uploads.ts'
import type { Outbox } from '../../endpoints/outbox.ts'
import { createDncLaneStore } from '../dnc-groups.ts'
import { createPullStore } from '../pulls/pull-store.ts'
import type { RegistryRules } from '../registries/registry-hits.ts'
import { createRegistryStore } from '../registries/registry-store.ts'
import { createRegistryWork } from '../registries/registry-work.ts'
import { createDncSubmissionStore } from '../submission-store.ts'
import { createSuppressions } from '../suppressions.ts'
import { createRegisterFill } from './fill-register.ts'
import { createLookBack } from './look-back.ts'
import { createRetractionStore } from './retraction-store.ts'

export type DoNotCallStores = {
  dncSubmissions: DncSubmissionStore
  dncPulls: DncPullStore
  dncLane: DncLaneStore
  suppressions: SuppressionPort
  registries: RegistryStore
  registryWork: RegistryWork
  registerFill: RegisterFillStore
  lookBack: LookBackStore
  retractions: RetractionStore
}

/** Opens all stores about do-not-call on one database. */
export const openDoNotCall = (
  deps: Parameters<typeof createDncSubmissionStore>[0] & {
    outbox: Outbox
    ids: Ids
    emit: Emit
    digestKey: Buffer
    uploads: UploadStore
    registryRules: RegistryRules
  },
): DoNotCallStores => {
  const { database } = deps
  const dncSubmissions = createDncSubmissionStore(deps)
  const { readChunk } = deps.uploads
  const suppressions = createSuppressions({ ...deps, readChunk })
  return {
    dncSubmissions,
    dncPulls: createPullStore(deps),
    dncLane: createDncLaneStore({ ...deps, readChunk: dncSubmissions.readChunk }),
    suppressions,
    registries: createRegistryStore(deps),
    registryWork: createRegistryWork({ ...deps, lookAgain: suppressions.lookAgain }),
    registerFill: createRegisterFill({ database, ...suppressions }),
    lookBack: createLookBack(database),
    retractions: createRetractionStore(deps),
  }
}
