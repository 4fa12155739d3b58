import type { ListCache } from '../../workflows/ports/contact-lists/list-cache.ts'
import type { ListSettingsStore } from '../../workflows/ports/contact-lists/list-settings.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ProvisioningStore } from '../../workflows/ports/contact-lists/provisioning.ts'
import type { HoldStore } from '../../workflows/ports/delivery/holds.ts'
import type { SubscriptionStore } from '../../workflows/ports/genesys-events/subscriptions.ts'
import type { PaceStore } from '../../workflows/ports/genesys/genesys.ts'
import type { UploadWatchStore } from '../../workflows/ports/uploads/upload-watch.ts'
import { createListCache } from '../contact-lists/list-cache.ts'
import { createListSettings } from '../contact-lists/list-settings.ts'
import { createNewListStore } from '../contact-lists/new-lists.ts'
import { createProvisioningStore } from '../contact-lists/provisioning-store.ts'
import { createHoldStore } from '../delivery/hold-store.ts'
import { createSubscriptionStore } from '../genesys-events/subscription-store.ts'
import { createPaceStore } from '../genesys/pace-store.ts'
import { createWatchStore } from '../uploads/watch-store.ts'
import type { Database } from './database.ts'
import type { Seals } from './seals.ts'

/** The stores on which no other store depends. */
export type LoneStores = {
  holds: HoldStore
  pace: PaceStore
  lists: ListCache
  provisioning: ProvisioningStore
  newLists: NewLists
  listSettings: ListSettingsStore
  watch: UploadWatchStore
  subscriptions: SubscriptionStore
}

/**
 * Makes these stores. They need only the database and the seals, so they can be made before or
 * after any other store.
 */
export const createLoneStores = ({
  database,
  seals,
}: {
  database: Database
  seals: Seals
}): LoneStores => ({
  holds: createHoldStore({ database }),
  pace: createPaceStore({ database }),
  lists: createListCache({ database }),
  provisioning: createProvisioningStore({ database, seals }),
  newLists: createNewListStore({ database }),
  listSettings: createListSettings({ database }),
  watch: createWatchStore({ database }),
  subscriptions: createSubscriptionStore({ database }),
})
