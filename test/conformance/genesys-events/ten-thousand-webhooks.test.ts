import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, it } from 'node:test'

import { capabilityToken } from '../../../src/domain/genesys-events/capability-token.ts'
import { SUBSCRIPTIONS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { createLaneWorkers } from '../../../src/lanes/lane-worker.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import {
  createReceiveWebhook,
  type WebhookProof,
} from '../../../src/workflows/genesys-events/receive-webhook.ts'
import { createVerifyWebhook } from '../../../src/workflows/genesys-events/verify-webhook.ts'
import { eachHome, lookAtClock, openTestStore } from '../../support/databases/database.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { createMemoryLists } from '../../support/memory/memory-lists.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const TOKEN = capabilityToken(SECRET, SUBSCRIPTIONS.event.part, SUBSCRIPTIONS.event.eventType)
const UPLOADS = 50
/**
 * 50 × (127 about progress + 3 about the end) messages. With 30 % repeated and 5 % forged, there
 * are 10,000.
 */
const MESSAGES = 6_500
const REPEATED = 3_000
const FORGED = 500
const LOST_JOBS = 5
const EARLY_JOBS = 5
const LOST_SHARE = 0.1
/** The clock stands still, so no poll is made until the test advances it. */
const POLL_MS = 3_600_000
const SIDE_BY_SIDE = 50

/** `denied`: Genesys reports another status of the job than the message. */
type Message = {
  jobId: string
  proof: WebhookProof
  body: Buffer
  end: boolean
  denied?: true
}

const signed = (messageId: string): WebhookProof => ({ kind: 'signed', messageId })
const token: WebhookProof = { kind: 'token', token: TOKEN }

const messagesOf = (jobId: string, count: number): Message[] => {
  const body = (status: string, processed: number): Buffer =>
    Buffer.from(JSON.stringify({ jobId, status, processed }))
  return [
    { jobId, proof: token, body: body('success', 2), end: true },
    { jobId, proof: signed(`${jobId}-a`), body: body('success', 2), end: true },
    { jobId, proof: signed(`${jobId}-b`), body: body('error', 2), end: true, denied: true },
    ...Array.from({ length: count - 3 }, (_, index) => ({
      jobId,
      proof: token,
      body: body('in_progress', index),
      end: false,
    })),
  ]
}

const shuffle = <T>(items: T[], random: () => number): T[] => {
  for (let index = items.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1))
    ;[items[index], items[other]] = [items[other]!, items[index]!]
  }
  return items
}

/**
 * The messages in the order of their arrival. A tenth of them is lost. For the first jobs,
 * every message about the end is lost.
 */
const plan = (random: () => number) => {
  const all = Array.from({ length: UPLOADS }, (_, index) =>
    messagesOf(`job-${index + 1}`, MESSAGES / UPLOADS),
  ).flat()
  const repeated = Array.from({ length: REPEATED }, () => all[Math.floor(random() * all.length)]!)
  const lost = new Set(Array.from({ length: LOST_JOBS }, (_, index) => `job-${index + 1}`))
  const arriving = [...all, ...repeated].filter(
    ({ jobId, end }) => random() >= LOST_SHARE && !(end && lost.has(jobId)),
  )
  const forgeries = Array.from({ length: FORGED }, (_, index): Message => {
    const { jobId, body } = all[Math.floor(random() * all.length)]!
    const wrong = capabilityToken('guessed', SUBSCRIPTIONS.event.part, `${index}`)
    const proof: WebhookProof = index % 2 === 0 ? { kind: 'token', token: wrong } : { kind: 'none' }
    return { jobId, proof, body, end: true }
  })
  const heardOf = new Set(arriving.filter(({ end }) => end).map(({ jobId }) => jobId))
  return { arriving, heardOf, sent: shuffle([...arriving, ...forgeries], random) }
}

const noFiles = {
  limits: { fileBytes: 10_000_000 },
  sendFile: null,
  sendCallbackFile: null,
  startImport: null,
  readImport: null,
  readImportEvents: null,
  readJob: null,
}

/** A gateway on `store` without HTTP: its lanes, deliveries and receipts. */
const setUp = (store: Store) => {
  const happened = new EventEmitter()
  const finished: string[] = []
  const jobs = new Set<string>()
  const due: string[] = []
  let later: string[] = []
  const clock = createManualClock()
  const genesys = createMemoryGenesys({ jobs: true })
  genesys.list = { ...genesys.list, schemaVersion: '1' }
  genesys.list.columns = [{ name: 'phone', kind: 'phone', required: false }]
  store.connectJobs({
    send: async (queue, id, { startAfterMs }) => {
      if (queue !== 'webhook-verify') return
      if (startAfterMs === 0) jobs.add(id)
      else later.push(id)
    },
  })
  const lanes = createLaneWorkers({
    lanes: store.lanes,
    delivery: store.delivery,
    deliver: createDeliverUpload({
      contactLists: genesys,
      contactFiles: noFiles,
      clearContactList: null,
      contactReads: null,
      callbackUrl: null,
      delivery: store.delivery,
      uploads: store.uploads,
      suppressions: store.suppressions,
      lists: createMemoryLists(),
      contentHashes: createContentHashes(store.digestKey),
      clock,
      random: () => 0.5,
      ids,
      emit: (name, fields) => {
        if (name !== 'upload.finished' || !('uploadId' in fields)) return
        finished.push(String(fields.uploadId))
        happened.emit('finished')
      },
      retryWindowMs: 24 * POLL_MS,
      completionPollMs: POLL_MS,
      holdRetryMs: 60_000,
    }),
    clock: systemClock,
    emit: () => undefined,
    owner: 'me',
    maxLanes: UPLOADS,
    maxHeld: UPLOADS,
    idlePollMs: 60_000,
  })
  const receive = createReceiveWebhook({
    ...{ receipts: store.receipts, dncChanges: store.dncChanges, clock: systemClock },
    secrets: [SECRET],
    ids,
    // The event follows the commit. Only then does the job exist.
    emit: (_, fields) => {
      const id = 'receiptId' in fields ? fields.receiptId : null
      if (id !== null && jobs.delete(id)) due.push(id)
    },
  })
  const verify = createVerifyWebhook({
    receipts: store.receipts,
    nudgeLane: lanes.nudge,
    ids,
    emit: () => undefined,
  })
  const verifyDue = async (): Promise<void> => {
    for (let id = due.shift(); id !== undefined; id = due.shift()) await verify(id)
  }
  const arrive = async ({ proof, body }: Message): Promise<'taken' | 'refused'> => {
    try {
      await receive({ route: 'event', proof, body })
    } catch (error) {
      assert.ok(error instanceof GatewayProblem)
      assert.equal(error.code, 'webhook-proof-invalid')
      return 'refused'
    }
    await verifyDue()
    return 'taken'
  }
  const untilFinished = async (count: number): Promise<void> => {
    while (finished.length < count) await once(happened, 'finished')
  }
  /** The time of the checks that were postponed has come. */
  const verifyLater = async (): Promise<void> => {
    due.push(...later)
    later = []
    await verifyDue()
  }
  return { clock, genesys, lanes, arrive, verifyLater, untilFinished, finished }
}

eachHome('10,000 webhooks, 30 % repeated, shuffled, 10 % lost, 5 % forged', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sync.ensureEnvEndpoints([
      { name: 'crm', url: 'https://crm.example', secret: SECRET, events: ['upload.completed'] },
    ])
  })
  after(() => store.close())

  const count = async (from: string): Promise<number> => {
    const { rows } = await store.sql.executeSql(`select count(*)::int as n from ${from}`)
    return (rows[0] as { n: number }).n
  }

  it('have each effect once, forged webhooks have none, and the poll finds what lost webhooks reported', async (test) => {
    lookAtClock(test, store)
    const { arriving, heardOf, sent } = plan(seededRandom(20_260_301))
    const t = setUp(store)
    for (let index = 0; index < UPLOADS; index += 1) await stageUpload(store, { list: `l${index}` })
    const early = [...heardOf].slice(0, EARLY_JOBS)
    const { sendBatch } = t.genesys
    t.genesys.sendBatch = async (batch, context) => {
      const receipt = await sendBatch(batch, context)
      assert.ok(receipt.kind === 'accepted')
      const word = arriving.find(({ jobId, end }) => end && jobId === receipt.jobId)
      // The message arrives before the gateway knows the id of the job.
      if (word && early.includes(receipt.jobId)) await t.arrive(word)
      return receipt
    }
    t.lanes.start()

    let refused = 0
    const next = sent[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const message of next) if ((await t.arrive(message)) === 'refused') refused += 1
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
    await t.verifyLater()
    await t.untilFinished(heardOf.size)
    assert.equal(refused, FORGED)
    assert.equal(await count(`upload where state = 'awaiting_completion'`), UPLOADS - heardOf.size)

    await t.clock.advance(POLL_MS)
    await t.untilFinished(UPLOADS)
    await t.verifyLater()
    await t.lanes.stop(5_000)

    assert.equal(new Set(t.finished).size, UPLOADS)
    assert.equal(t.genesys.sent.length, UPLOADS)
    assert.equal(await count(`upload where state = 'completed'`), UPLOADS)
    assert.equal(await count(`contact_register`), 2 * UPLOADS)
    assert.equal(await count(`sync_delivery`), UPLOADS)
    assert.equal(await count(`(select distinct object from sync_delivery) as told`), UPLOADS)
    for (const action of ['upload.batch.settled', 'upload.finished']) {
      assert.equal(await count(`audit_entry where action = '${action}'`), UPLOADS)
    }
    const distinct = new Set(arriving)
    const ends = [...distinct].filter(({ end }) => end).length
    const denied = [...distinct].filter((message) => message.denied).length
    assert.ok(denied > 0 && denied < ends)
    assert.equal(await count(`webhook_receipt`), distinct.size)
    assert.equal(await count(`webhook_receipt where state = 'verified'`), ends - denied)
    assert.equal(await count(`webhook_receipt where state = 'contradicted'`), denied)
    assert.equal(await count(`webhook_receipt where reason = 'progress'`), distinct.size - ends)
    assert.equal(await count(`audit_entry where action = 'webhook.verified'`), ends - denied)
    assert.equal(await count(`audit_entry where action = 'webhook.contradicted'`), denied)
  })
})
