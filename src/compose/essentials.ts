import type { Config } from '../config.ts'
import type { createGenesysClient } from '../genesys/calls/client.ts'
import type { Clock } from '../lib/clock.ts'
import type { Store } from '../store/homes/open-store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { ClockWatch } from '../workflows/clock/watch-clock.ts'
import { createTextContentHashes } from '../workflows/delivery/content-hashes.ts'
import type { TextContentHashes } from '../workflows/delivery/content-hashes.ts'

/** The parts from which all other parts are built. */
export type Essentials = {
  config: Config
  telemetry: Telemetry
  store: Store
  genesys: ReturnType<typeof createGenesysClient>
  /** A clock with the time of Genesys, for stored times about what Genesys does. */
  genesysTime: Clock
  clockWatch: ClockWatch
  owner: string
  /** For plans. The warm-up uses it too. */
  contentHashes: TextContentHashes
  /**
   * Builds the URL that Genesys calls for a part of an upload. null: Genesys does not call the
   * gateway, because the secret or the public address is missing.
   */
  callbackUrl: ((partId: string, listId: string) => string) | null
}

/** Adds the parts that are made from the given parts alone. */
export const essentialsOf = (given: Omit<Essentials, 'contentHashes'>): Essentials => ({
  ...given,
  contentHashes: createTextContentHashes(given.store.digestKey),
})
