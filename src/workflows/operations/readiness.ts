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

type Necessary = {
  home: Pick<Home, 'kind' | 'ping'>
  stopping: () => boolean
}

type NecessaryChecks = Pick<ReadinessAnswer['checks'], 'database' | 'service'>

/** The checks that decide whether this instance is ready. */
const necessaryChecks = async ({ home, stopping }: Necessary): Promise<NecessaryChecks> => {
  const database = await home.ping().then(
    () => ({ ok: true, detail: home.kind }),
    (error: unknown) => ({ ok: false, detail: databaseFault(error) }),
  )
  const service = stopping()
    ? { ok: false, detail: 'the service is stopping' }
    : { ok: true, detail: 'accepting uploads' }
  return { database, service }
}

/**
 * Whether `/readyz` would answer 200. Does not ask the scanner, because a scrape must not wait for
 * it.
 */
export const createIsReady = (deps: Necessary) => async (): Promise<boolean> =>
  areOk(await necessaryChecks(deps))

const areOk = ({ database, service }: NecessaryChecks): boolean => database.ok && service.ok

/**
 * Whether this instance should get traffic. It stays ready during an outage of Genesys, because
 * uploads are still accepted and stored. The check `genesys` only shows which Genesys is in use,
 * and how the last attempt to reach it ended.
 */
export const createReadiness =
  (
    deps: Necessary & {
      dialect: string
      simulated: boolean
      /** How the last attempt to reach Genesys ended. */
      lastGenesysAttempt: () => string
      /** How the gateway learns of completions, apart from its polls. */
      webhooks: () => string
      /** Whether the database's clock is steady or in doubt. */
      clock: () => string
      /** The state of the scanner for guest files. Answers soon, even if the scanner is silent. */
      scanner: () => Promise<string>
    },
  ) =>
  async (): Promise<ReadinessAnswer> => {
    const { dialect, simulated } = deps
    const [necessary, scanner] = await Promise.all([necessaryChecks(deps), deps.scanner()])
    const genesys = {
      ok: true,
      detail: `${simulated ? 'SIMULATED: the sandbox is Genesys' : `dialect ${dialect}`}; ${deps.lastGenesysAttempt()}`,
    }
    return {
      ready: areOk(necessary),
      // `webhooks` is always ok, because the gateway also polls for completions.
      checks: {
        ...necessary,
        genesys,
        webhooks: { ok: true, detail: deps.webhooks() },
        // Always ok, because a clock in doubt does not stop deliveries.
        clock: { ok: true, detail: deps.clock() },
        // Always ok, because only guest files wait if the scanner does not answer.
        scanner: { ok: true, detail: scanner },
      },
      sandbox: simulated,
    }
  }
