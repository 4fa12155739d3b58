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

/** `StoreUnavailable` contains only the kind of trouble. */
const databaseFault = (error: unknown): string =>
  error instanceof StoreUnavailable ? error.message : 'the database does not answer'

/**
 * Whether this instance should get traffic. An outage of Genesys does not count against it, because
 * uploads are accepted and stored meanwhile. That check only shows which Genesys is in use.
 */
export const createReadiness =
  (deps: {
    home: Pick<Home, 'kind' | 'ping'>
    dialect: string
    simulated: boolean
    /** What the last attempt at Genesys came to. */
    lastGenesysAttempt: () => string
    /** How the gateway hears of completions beside its polls. */
    webhooks: () => string
    /** What is known of the database's clock. */
    clock: () => string
    /** The scanner of guest files. */
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
      // Completions are polled for anyway.
      checks: {
        database,
        service,
        genesys,
        webhooks: { ok: true, detail: deps.webhooks() },
        // Deliveries go on by a wrong clock as well.
        clock: { ok: true, detail: deps.clock() },
        // Without a verdict files wait, and nothing else does.
        scanner: { ok: true, detail: await deps.scanner() },
      },
      sandbox: simulated,
    }
  }
