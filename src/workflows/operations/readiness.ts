import { StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import type { Home } from '../ports/homes/home.ts'

export type ReadinessAnswer = {
  ready: boolean
  checks: Record<
    'database' | 'service' | 'genesys' | 'webhooks' | 'clock' | 'scanner',
    { ok: boolean; detail: string }
  >
  sandbox: boolean
}

/** The message of `StoreUnavailable` is safe to show, because it names only the kind of failure. */
const databaseFault = (error: unknown): string =>
  error instanceof StoreUnavailable ? error.message : 'the database does not answer'

/**
 * Whether this instance should get traffic. It stays ready during an outage of Genesys, because
 * uploads are still accepted and stored. The check `genesys` only shows which Genesys is in use,
 * and how the last attempt to reach it ended.
 */
export const createReadiness =
  (deps: {
    home: Pick<Home, 'kind' | 'ping'>
    dialect: string
    simulated: boolean
    /** How the last attempt to reach Genesys ended. */
    lastGenesysAttempt: () => string
    /** How the gateway learns of completions, apart from its polls. */
    webhooks: () => string
    /** Whether the database's clock is steady or in doubt. */
    clock: () => string
    /** The state of the scanner for guest files. */
    scanner: () => Promise<string>
    stopping: () => boolean
  }) =>
  async (): Promise<ReadinessAnswer> => {
    const { home, dialect, simulated } = deps
    const database = await home.ping().then(
      () => ({ ok: true, detail: home.kind }),
      (error: unknown) => ({ ok: false, detail: databaseFault(error) }),
    )
    const service = deps.stopping()
      ? { ok: false, detail: 'the service is stopping' }
      : { ok: true, detail: 'accepting uploads' }
    const genesys = {
      ok: true,
      detail: `${simulated ? 'SIMULATED: the sandbox is Genesys' : `dialect ${dialect}`}; ${deps.lastGenesysAttempt()}`,
    }
    return {
      ready: database.ok && service.ok,
      // `webhooks` is always ok, because the gateway also polls for completions.
      checks: {
        database,
        service,
        genesys,
        webhooks: { ok: true, detail: deps.webhooks() },
        // Always ok, because a clock in doubt does not stop deliveries.
        clock: { ok: true, detail: deps.clock() },
        // Always ok, because only guest files wait if the scanner does not answer.
        scanner: { ok: true, detail: await deps.scanner() },
      },
      sandbox: simulated,
    }
  }
