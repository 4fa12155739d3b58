import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'

import { SCOPES } from '../../../src/domain/access/access.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { type Dialect, type RunningGateway, setStage } from '../stages/stage.ts'
import { readApiDocument } from './api-document.ts'
import { runFuzz, type FuzzRun, type Report } from './fuzz-run.ts'
import { createKeepAliveClient } from './keep-alive-client.ts'
import { createKnownThings } from './known-things.ts'
import { cpuMsOf, heldBy, settled } from './left-behind.ts'
import { TOLD_IN_WORDS } from './told-in-words.ts'
import { createWire } from './wired-call.ts'

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
/** Long for a call, but short for a run that hangs. */
const DEADLINE_MS = 60_000
/** How much more memory than the idle gateway the process may hold when all calls are done. */
const MOST_MEMORY_MIB = 300

type Key = { id: string; key: string }

const keyOf = async ({ client }: RunningGateway, scopes: readonly string[]): Promise<Key> => {
  const { status, body, text } = await client.call<Key>('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenantId: 'default', name: `fuzz-${scopes.length}`, scopes }),
  })
  assert.equal(status, 201, text)
  return body
}

/** Unfinished work that only a crash may leave, because no call waits for it. */
const UNFINISHED = `select
    (select count(*) from upload where state = 'receiving')::int as uploads,
    (select count(*) from guest_file where state = 'receiving')::int as guest_files`

type Unfinished = { uploads: number; guest_files: number }

const askServer = async <T extends pg.QueryResultRow>(
  url: string,
  statement: string,
): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(statement)).rows
  } finally {
    await client.end()
  }
}

const askEmbedded = async (dataDir: string): Promise<Unfinished> => {
  const database = await openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
  try {
    const { rows } = await database.sql.executeSql(UNFINISHED)
    return rows[0] as Unfinished
  } finally {
    await database.close()
  }
}

const IDLE_IN_TRANSACTION = `select count(*)::int as open from pg_stat_activity
  where datname = current_database() and state like 'idle in transaction%'`

const serverLeftovers = async (url: string): Promise<object> =>
  settled(
    async () => ({
      ...(await askServer<Unfinished>(url, UNFINISHED))[0]!,
      ...(await askServer<{ open: number }>(url, IDLE_IN_TRANSACTION))[0]!,
    }),
    (held) => Object.values(held).every((count) => count === 0),
  )

export type FuzzedGateway = { report: Report; leftBehind: string[]; tookMs: number; cpuMs: number }

/**
 * Starts a gateway in front of a sandbox and makes `requests` calls, some that openapi/openapi.json
 * allows and some that it does not. Then checks what is left of them: connections, files,
 * transactions, unfinished work, memory, and errors in the log.
 */
export const fuzzGateway = async (
  home: StoreHome,
  about: FuzzRun & { dialect: Dialect },
): Promise<FuzzedGateway> => {
  const stage = await setStage(home, about.dialect)
  const temporary = await mkdtemp(join(tmpdir(), 'gateway-fuzz-'))
  try {
    const gateway = await stage.gateway(
      {
        WEBHOOK_SECRET,
        KEY_REQUESTS_PER_MINUTE: '1000000',
        LOG_LEVEL: 'info',
        TMPDIR: temporary,
        GENESYS_INDEX_WAIT_SECONDS: '1',
      },
      () => undefined,
    )
    const document = readApiDocument()
    const main = await keyOf(gateway, SCOPES)
    const lesser = await keyOf(gateway, ['audit'])
    const known = createKnownThings(document.operations, new Set([main.id, lesser.id, 'default']))
    const wire = createWire(document, known, {
      key: main.key,
      lesserKey: () => lesser.key,
      webhookSecret: WEBHOOK_SECRET,
    })
    const { address, pid } = gateway
    const port = Number(new URL(address).port)
    const places = { temporary, database: home.kind === 'embedded' ? home.dataDir : '/nowhere/' }
    const before = heldBy(pid, port, places)
    const idleMiB = gateway.residentMiB()
    const client = createKeepAliveClient(address, {
      sockets: about.workers * 2,
      deadlineMs: DEADLINE_MS,
    })
    const startedAt = performance.now()
    const report = await runFuzz(
      { document, known, client, wire, told: TOLD_IN_WORDS, address, key: main.key },
      about,
    )
    client.close()
    const tookMs = performance.now() - startedAt
    const leftBehind: string[] = []
    const after = await settled(
      () => heldBy(pid, port, places),
      (held) =>
        held.connections === 0 &&
        held.files.length <= before.files.length &&
        held.temporary.length === 0,
    )
    if (after.connections > 0) leftBehind.push(`${after.connections} connections`)
    if (after.files.length > before.files.length)
      leftBehind.push(`files: ${after.files.join(', ')}`)
    if (after.temporary.length > 0)
      leftBehind.push(`temporary files: ${after.temporary.join(', ')}`)
    const grownMiB = await settled(
      () => gateway.residentMiB() - idleMiB,
      (grown) => grown <= MOST_MEMORY_MIB,
    )
    if (grownMiB > MOST_MEMORY_MIB) leftBehind.push(`${Math.round(grownMiB)} MiB of memory`)
    if (home.kind === 'server') {
      const held = await serverLeftovers(home.url)
      if (Object.values(held).some((count) => count !== 0)) leftBehind.push(JSON.stringify(held))
    }
    for (const name of ['http.failed', 'http.problem_undeclared']) {
      for (const line of gateway.events(name)) leftBehind.push(JSON.stringify(line))
    }
    const cpuMs = cpuMsOf(pid)
    const { code, signal } = await gateway.stop()
    if (code !== 0) leftBehind.push(`the gateway ended with ${code ?? signal}`)
    if (home.kind === 'embedded') {
      const held = await askEmbedded(home.dataDir)
      if (Object.values(held).some((count) => count !== 0)) leftBehind.push(JSON.stringify(held))
    }
    return { report, leftBehind, tookMs, cpuMs }
  } finally {
    await stage.close()
    await rm(temporary, { recursive: true, force: true })
  }
}
