import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import {
  ADMIN_KEY,
  sandboxEnv,
  startGateway,
  startSandboxProcess,
} from '../../test/support/gateway/gateway-process.ts'
import { FILE_COLUMNS } from '../../test/support/stages/contact-file.ts'
import type { Dialect } from '../../test/support/stages/stage.ts'
import { readDatabase } from '../database-figures.ts'
import { type HearingCrm, startHearingCrm } from './hearing-crm.ts'
import type { Posted } from './post-stream.ts'

/** What the parts have cost and counted since they started. */
export type Reading = {
  gatewayCpuMs: number
  sandboxCpuMs: number
  /** The bench's own process, in which the sender and the CRM run. */
  senderCpuMs: number
  /**
   * Processor time of a database server. null on the embedded home: the time of the gateway
   * includes the time of the database.
   */
  databaseCpuMs: number | null
  /** Calls that Genesys got, by operation. */
  calls: Record<string, number>
}

type AppliedList = {
  listId: string
  applied: { revision: number; at: string }[]
  byContact: Record<string, { revision: number }>
}

/**
 * A gateway, Genesys and a CRM. The gateway and Genesys have separate processes. The CRM runs in
 * the sender's process.
 */
export type SmallStage = {
  address: string
  key: string
  crm: HearingCrm
  read(): Promise<Reading>
  setFaults(rules: readonly object[]): Promise<void>
  /**
   * When Genesys took each contact, on the wall clock. The key is the list and the contact id,
   * joined by a blank.
   */
  takenAt(): Promise<Map<string, number>>
  /**
   * Resolves when the CRM was notified of the end of every upload, or after `withinMs`. Returns the
   * number of uploads whose end was not reported.
   */
  allHeard(posted: readonly Posted[], withinMs: number): Promise<number>
  close(): Promise<void>
}

export const LISTS = Array.from({ length: 100 }, (_, n) => `small-${n}`)

const ENCRYPTION_KEYS = `bench:${Buffer.alloc(32, 11).toString('base64')}`
const TICK_MS = 10

/** Processor time of a process from /proc (proc(5)). */
const cpuMsOf = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

const makeLists = async (sandboxUrl: string): Promise<void> => {
  for (const id of LISTS) {
    const columns = FILE_COLUMNS.map((name) => ({
      name,
      kind: name === 'phoneNumber' ? 'phone' : 'text',
    }))
    await postJson(`${sandboxUrl}/_sandbox/lists`, { id, name: id, columns })
  }
}

const postJson = async (url: string, body: unknown): Promise<void> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
}

const ledgerOf = async (sandboxUrl: string, query = '') => {
  const answer = await fetch(`${sandboxUrl}/_sandbox/ledger${query}`)
  return (await answer.json()) as {
    requests: { byOperation: Record<string, number> }
    lists: AppliedList[]
  }
}

const takenOf = async (sandboxUrl: string): Promise<Map<string, number>> => {
  const taken = new Map<string, number>()
  for (const { listId, applied, byContact } of (await ledgerOf(sandboxUrl, '?contacts=true'))
    .lists) {
    const at = new Map(applied.map((one) => [one.revision, Date.parse(one.at)]))
    for (const [contactId, { revision }] of Object.entries(byContact)) {
      taken.set(`${listId} ${contactId}`, at.get(revision)!)
    }
  }
  return taken
}

const homeEnv = (home: StoreHome, dataDir: string): Record<string, string> =>
  home.kind === 'embedded'
    ? { DATA_DIR: home.dataDir }
    : { DATABASE_URL: home.url, ENCRYPTION_KEYS, DATA_DIR: dataDir }

type GatewayProcess = { address: string; pid: number; kill(): Promise<unknown> }

/** `perMinute`: how many calls Genesys allows, which is also the configured pace of the gateway. */
export const setSmallStage = async (
  home: StoreHome,
  about: { dialect: Dialect; perMinute: number; way: 'gateway' | 'obvious' },
): Promise<SmallStage> => {
  const sandbox = await startSandboxProcess([
    ...['--guide-requests-per-minute', String(about.perMinute)],
    ...['--platform-requests-per-minute', String(about.perMinute)],
  ])
  await makeLists(sandbox.address)
  const crm = await startHearingCrm()
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-small-'))
  const gateway: GatewayProcess =
    about.way === 'obvious'
      ? await startObvious(home, sandbox.address, crm.url)
      : await startGateway({
          ...sandboxEnv(sandbox.address, about.dialect),
          ...homeEnv(home, dataDir),
          GENESYS_REQUESTS_PER_MINUTE: String(about.perMinute),
          KEY_REQUESTS_PER_MINUTE: '1000000',
          CRM_SYNC_URL: crm.url,
          CRM_SYNC_SECRET: crm.secret,
        })
  const missing = (posted: readonly Posted[]): number =>
    posted.filter(({ uploadId }) => !crm.heardAt.has(uploadId)).length
  return {
    address: gateway.address,
    key: ADMIN_KEY,
    crm,
    read: async () => {
      const database = await readDatabase(home)
      const { user, system } = process.cpuUsage()
      return {
        gatewayCpuMs: cpuMsOf(gateway.pid),
        sandboxCpuMs: cpuMsOf(sandbox.pid),
        senderCpuMs: (user + system) / 1000,
        databaseCpuMs: database && database.cpuSeconds * 1000,
        calls: (await ledgerOf(sandbox.address, '?listId=none')).requests.byOperation,
      }
    },
    setFaults: (rules) => postJson(`${sandbox.address}/_sandbox/faults`, rules),
    takenAt: () => takenOf(sandbox.address),
    allHeard: async (posted, withinMs) => {
      const deadline = Date.now() + withinMs
      while (missing(posted) > 0 && Date.now() < deadline) await delay(20)
      return missing(posted)
    },
    close: async () => {
      await gateway.kill()
      await crm.close()
      await sandbox.kill()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const startObvious = async (
  home: StoreHome,
  genesysUrl: string,
  crmUrl: string,
): Promise<GatewayProcess> => {
  if (home.kind === 'embedded') throw new Error('The obvious way has a server')
  const script = join(import.meta.dirname, 'obvious-gateway.ts')
  const child = spawn(process.execPath, [script, home.url, genesysUrl, crmUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const address = /^listening (\S+)/.exec(line)?.[1]
    if (address !== undefined) resolve(address)
  })
  return {
    address: await promise,
    pid: child.pid ?? 0,
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
