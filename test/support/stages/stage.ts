import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '../../../src/lib/clock.ts'
import {
  type SandboxHandle,
  type SandboxOptions,
  startSandbox,
} from '../../../src/sandbox/server/start-sandbox.ts'
import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { type CrmReceiver, startCrmReceiver } from '../gateway/crm-receiver.ts'
import { createGatewayClient, type GatewayClient } from '../gateway/gateway-client.ts'
import {
  ADMIN_KEY,
  type LogLine,
  type ProcessUnderTest,
  sandboxEnv,
  startGateway,
} from '../gateway/gateway-process.ts'

export type Dialect = 'guide' | 'platform'

export type RunningGateway = ProcessUnderTest & { client: GatewayClient }

/**
 * A CRM and a Genesys in the test's own process, and gateways between them as separate processes.
 * All gateways use one home.
 */
export type Stage = {
  sandbox: SandboxHandle
  crm: CrmReceiver
  /**
   * Starts a gateway on the stage's home. Several can run at the same time only if the home is a
   * server.
   */
  gateway(
    env?: Record<string, string>,
    undeclared?: (line: LogLine) => void,
  ): Promise<RunningGateway>
  /** Ends every running gateway, the CRM and Genesys. */
  close(): Promise<void>
}

/** The keys of a test's server home, the same for every gateway on it. */
const ENCRYPTION_KEYS = `e2e:${Buffer.alloc(32, 11).toString('base64')}`

const homeEnv = (home: StoreHome, dataDir: string): Record<string, string> =>
  home.kind === 'embedded'
    ? { DATA_DIR: home.dataDir }
    : { DATABASE_URL: home.url, ENCRYPTION_KEYS, DATA_DIR: dataDir }

/** So fast that no test waits for the pace. Tests about the pace set their own. */
const FAST = { guideRequestsPerMinute: 1_000_000, platformRequestsPerMinute: 1_000_000 }

export const setStage = async (
  home: StoreHome,
  dialect: Dialect,
  options: Partial<SandboxOptions> = {},
): Promise<Stage> => {
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-secret',
    clock: systemClock,
    limits: FAST,
    jobDelayMs: 20,
    ...options,
  })
  const crm = await startCrmReceiver()
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-e2e-'))
  const running: RunningGateway[] = []
  return {
    sandbox,
    crm,
    gateway: async (env = {}, undeclared?) => {
      const started = await startGateway(
        {
          ...sandboxEnv(sandbox.url, dialect),
          ...homeEnv(home, dataDir),
          GENESYS_REQUESTS_PER_MINUTE: '60000',
          GENESYS_COMPLETION_POLL_SECONDS: '0.05',
          LOG_LEVEL: 'debug',
          CRM_SYNC_URL: crm.url,
          CRM_SYNC_SECRET: crm.secret,
          ...env,
        },
        undeclared,
      )
      const gateway = { ...started, client: createGatewayClient(started.address, ADMIN_KEY) }
      running.push(gateway)
      return gateway
    },
    close: async () => {
      await Promise.all(running.map((gateway) => gateway.kill()))
      await crm.close()
      await sandbox.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
