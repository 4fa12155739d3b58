import { createAuditStore } from '../audit/audit-store.ts'
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
export const createLoneStores = ({ database, seals }: { database: Database; seals: Seals }) => ({
  holds: createHoldStore({ database }),
  pace: createPaceStore({ database }),
  lists: createListCache({ database }),
  audit: createAuditStore({ database }),
  provisioning: createProvisioningStore({ database, seals }),
  newLists: createNewListStore({ database }),
  listSettings: createListSettings({ database }),
  watch: createWatchStore({ database }),
  subscriptions: createSubscriptionStore({ database }),
})
