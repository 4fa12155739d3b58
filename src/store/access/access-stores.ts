import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import type { KeyStore } from '../../workflows/ports/access/keys.ts'
import type { SessionStore } from '../../workflows/ports/access/sessions.ts'
import type { TenantStore } from '../../workflows/ports/access/tenants.ts'
import type { TenantUseStore } from '../../workflows/ports/access/use.ts'
import type { Database } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { createAccessStore } from './access-store.ts'
import { createKeyStore } from './key-store.ts'
import { createSessionStore } from './session-store.ts'
import { createTenantStore } from './tenant-store.ts'
import { createUseStore } from './use-store.ts'

export type AccessStores = {
  access: AccessStore
  tenants: TenantStore
  keys: KeyStore
  sessions: SessionStore
  use: TenantUseStore
}

/** The stores of tenants, keys and sessions, which decide who may call the gateway. */
export const createAccessStores = (deps: {
  database: Database
  seals: Seals
  clock: Clock
  ids: Ids
}): AccessStores => ({
  access: createAccessStore(deps),
  tenants: createTenantStore(deps),
  keys: createKeyStore(deps),
  sessions: createSessionStore(deps),
  use: createUseStore(deps.database),
})
