import type { Config } from '../config.ts'
import type { createGenesysClient } from '../genesys/calls/client.ts'
import type { Store } from '../store/homes/open-store.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { ClockWatch } from '../workflows/clock/watch-clock.ts'

/** The parts that all others are made from. */
export type Essentials = {
  config: Config
  telemetry: Telemetry
  store: Store
  genesys: ReturnType<typeof createGenesysClient>
  clockWatch: ClockWatch
  owner: string
  /** Where Genesys calls back for a part. null: it cannot. */
  callbackUrl: ((partId: string, listId: string) => string) | null
}
