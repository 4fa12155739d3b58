import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sha256 } from '../../src/lib/digest.ts'
import { type CrmReceiver, startCrmReceiver } from '../../test/support/gateway/crm-receiver.ts'
import {
  createGatewayClient,
  type GatewayClient,
} from '../../test/support/gateway/gateway-client.ts'
import {
  ADMIN_KEY,
  type ProcessUnderTest,
  reachableEnv,
  sandboxEnv,
  startGateway,
  startSandboxProcess,
} from '../../test/support/gateway/gateway-process.ts'

export type DemoStage = {
  sandbox: ProcessUnderTest
  gateway: ProcessUnderTest
  client: GatewayClient
  crm: CrmReceiver
  listId: string
  home: string
  close(): Promise<void>
}

const COLUMNS = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'firstName', kind: 'text' },
  { name: 'lastName', kind: 'text' },
  { name: 'phoneNumber', kind: 'phone' },
  { name: 'email', kind: 'email' },
  { name: 'city', kind: 'text' },
]

/** A database keeps what earlier demos delivered, so every demo gets a separate list. */
const makeList = async (sandboxUrl: string): Promise<string> => {
  const id = `demo-${randomBytes(4).toString('hex')}`
  const response = await fetch(`${sandboxUrl}/_sandbox/lists`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, name: 'Demo of the whole loop', columns: COLUMNS }),
  })
  if (!response.ok) throw new Error(`The sandbox made no list: ${await response.text()}`)
  return id
}

/**
 * A database that outlives a demo needs the same encryption key in the next demo. If no key is
 * configured, every demo uses `demoKey`.
 */
const databaseEnv = (dataDir: string): Record<string, string> => {
  const url = process.env['DATABASE_URL']
  if (!url) return { DATA_DIR: dataDir }
  const demoKey = `demo:${sha256('outbound-gateway demo, protects nothing').toString('base64')}`
  return {
    DATABASE_URL: url,
    DATA_DIR: dataDir,
    ENCRYPTION_KEYS: process.env['ENCRYPTION_KEYS'] ?? demoKey,
  }
}

/**
 * Starts everything that the demo needs. Each part has a separate process, except the CRM. If the
 * start fails, nothing keeps running.
 */
export const setStage = async (
  dialect: 'guide' | 'platform',
  delivery: 'auto' | 'batches' | 'file' | 'callback',
): Promise<DemoStage> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'outbound-gateway-demo-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer()
  }
  try {
    const sandbox = await startSandboxProcess()
    closers.push(() => sandbox.stop())
    const crm = await startCrmReceiver()
    closers.push(() => crm.close())
    const listId = await makeList(sandbox.address)
    const gateway = await startGateway({
      ...sandboxEnv(sandbox.address, dialect),
      ...databaseEnv(dataDir),
      ...(delivery === 'callback' ? await reachableEnv() : {}),
      CRM_SYNC_URL: crm.url,
      CRM_SYNC_SECRET: crm.secret,
    })
    closers.push(() => gateway.stop())
    const home = process.env['DATABASE_URL'] ? 'PostgreSQL (DATABASE_URL)' : 'embedded database'
    const client = createGatewayClient(gateway.address, ADMIN_KEY)
    return { sandbox, gateway, client, crm, listId, home, close }
  } catch (error) {
    await close()
    throw error
  }
}
