import type { Config } from '../config.ts'
import { createAuditRefusals } from '../genesys/calls/audit-refusals.ts'
import { createGenesysClient } from '../genesys/calls/client.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { startSandbox } from '../sandbox/server/start-sandbox.ts'
import type { Store } from '../store/homes/open-store.ts'
import type { Emit } from '../telemetry/events.ts'

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>

const genesysUrls = (
  config: Config,
  sandbox: Sandbox | null,
): { apiUrl: string; loginUrl: string } => {
  if (sandbox) return { apiUrl: sandbox.url, loginUrl: sandbox.url }
  const { dialect, apiUrl, loginUrl, region } = config.genesys
  const hosts = region[dialect]
  const api = apiUrl ?? hosts.apiUrl
  return { apiUrl: api, loginUrl: loginUrl ?? (dialect === 'guide' ? api : hosts.loginUrl) }
}

/**
 * Starts the sandbox in this process, on a free port of the loopback interface. null: the gateway
 * is configured for a real Genesys.
 */
export const startInProcessSandbox = async (config: Config): Promise<Sandbox | null> =>
  config.genesys.kind === 'sandbox'
    ? startSandbox({
        host: '127.0.0.1',
        port: 0,
        clientId: config.genesys.clientId,
        clientSecret: config.genesys.clientSecret,
        clock: systemClock,
      })
    : null

/**
 * Binds the store to the Genesys organisation of the configuration. Throws if the store has
 * unfinished work for another organisation, because work accepted for one organisation must never
 * be sent to another.
 */
export const bindStore = async (
  config: Config,
  store: Store,
  sandbox: Sandbox | null,
): Promise<void> => {
  const { apiUrl } = genesysUrls(config, sandbox)
  const apiHost = sandbox ? 'sandbox' : new URL(apiUrl).host
  const { dialect, clientId } = config.genesys
  if ((await store.home.bind({ dialect, apiHost, clientId })) === 'other') {
    throw new Error(
      'The database has unfinished work for a different Genesys configuration (dialect, API host or client id). Start the gateway with the previous configuration and wait until this work has ended, or use another database.',
    )
  }
  // The sandbox starts with this process and has no subscriptions yet.
  if (sandbox) await store.subscriptions.forget()
}

/**
 * Creates the client for the sandbox of this process, or for the configured Genesys. Makes no call.
 * Call `bindStore` first: it refuses an organisation for which the stored work is not meant.
 * `heardTime`: receives Genesys' time in milliseconds since 1970.
 */
export const openGenesys = (
  config: Config,
  sandbox: Sandbox | null,
  store: Store,
  about: { emit: Emit; heardTime: (ms: number) => void },
) =>
  createGenesysClient({
    ...about,
    ...genesysUrls(config, sandbox),
    dialect: config.genesys.dialect,
    clientId: config.genesys.clientId,
    clientSecret: config.genesys.clientSecret,
    requestsPerMinute: config.genesys.requestsPerMinute,
    batchRows: config.genesys.batchRows,
    uploadHosts: config.genesys.uploadHosts,
    httpHosts: config.allowHttpHosts,
    refused: createAuditRefusals({
      audit: store.audit,
      ids: createIds({ clock: systemClock }),
      emit: about.emit,
    }),
    pace: store.pace,
    newLists: store.newLists,
    clock: systemClock,
    random: Math.random,
  })
