import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import { TOKEN_DEAD_AFTER_MS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createVerifyWebhook } from '../../../src/workflows/genesys-events/verify-webhook.ts'
import type { JobEnd, LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import type { NewReceipt } from '../../../src/workflows/ports/genesys-events/webhooks.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const DAY_MS = 86_400_000

eachHome('Receipts of webhooks', (home) => {
  let store: Store
  let jobs: { id: string; startAfterMs: number }[] = []
  let refuseJobs = false
  let nudged: [string, number][] = []
  let told: string[] = []
  const verify = (id: string): Promise<void> =>
    createVerifyWebhook({
      receipts: store.receipts,
      nudgeLane: (laneKey, count) => void nudged.push([laneKey, count]),
      ids,
      emit: (_, fields) => void told.push('outcome' in fields ? fields.outcome : ''),
    })(id)

  before(async () => {
    store = await openTestStore(await home.fresh())
    store.connectJobs({
      send: async (queue, id, { startAfterMs }) => {
        if (queue !== 'webhook-verify') return
        if (refuseJobs) throw new Error('no queue')
        jobs.push({ id, startAfterMs })
      },
    })
  })
  after(() => store.close())
  beforeEach(async () => {
    for (const table of ['webhook_receipt', 'upload', 'shipment', 'lane', 'audit_entry']) {
      await store.sql.executeSql(
        `begin; set local gateway.audit_retention = 'on'; delete from ${table}; commit`,
      )
    }
    jobs = []
    nudged = []
    told = []
    refuseJobs = false
  })

  const sql = async (text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
    (await store.sql.executeSql(text, values)).rows as Record<string, unknown>[]

  const record = async (about: Partial<NewReceipt> = {}): Promise<string> => {
    const id = ids.newId('rcp')
    const outcome = await store.receipts.record({
      id,
      route: 'callback',
      key: Buffer.from(id),
      partId: null,
      jobId: 'job-1',
      listId: null,
      status: 'success',
      processed: null,
      failed: null,
      bodyDigest: Buffer.alloc(32, 1),
      ignored: null,
      ...about,
    })
    return outcome === 'recorded' ? id : outcome
  }

  const stateOf = async (id: string): Promise<string> => {
    const [row] = await sql(`select state, reason from webhook_receipt where id = $1`, id)
    return [row?.['state'], row?.['reason']].filter(Boolean).join(' ')
  }

  /** Adds a file with the upload's last row. */
  const addPart = async (upload: Upload, id: string, jobId: string | null, state = 'sent') => {
    await sql(
      `insert into shipment (id, lane_key, tenant_id, method, state, job_id, rows, bytes)
        values ($1, $2, 'default', 'callback', $3, $4, 1, 1)`,
      id,
      upload.laneKey,
      state,
      jobId,
    )
    await sql(
      `insert into batch (id, upload_id, shipment_id, chunk_seq, from_row, to_row, state, sent)
        values ($1, $2, $1, 9 + (select count(*) from batch), 0, 1, $3, '\\x01')`,
      id,
      upload.id,
      state,
    )
  }

  /** Sends the one batch of a new upload, with `jobId` as its job. */
  const sendBatch = async (jobId: string) => {
    const upload = await stageUpload(store)
    const claim: LaneClaim | null = await store.lanes.claim('me')
    assert.ok(claim)
    await store.delivery.move(claim, upload.id, 'delivering')
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.from([3]) }
    await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', upload.id))
    await store.delivery.recordTry(claim, batch.id)
    await store.delivery.noteJob(claim, batch.id, jobId)
    const settle = (ended: JobEnd | null = null) =>
      store.delivery.settle(claim, {
        uploadId: upload.id,
        batchId: batch.id,
        counts: { delivered: 2, unchanged: 0, failed: 0, unprocessed: 0 },
        results: [],
        ended,
        delivered: [],
        audit: audit('upload.batch.settled', upload.id),
      })
    return { upload, claim, settle }
  }

  it('keeps a receipt with its job in one transaction, and a second of the same key not at all', async () => {
    const key = Buffer.alloc(32, 5)
    const id = await record({ key })
    assert.equal(await record({ key }), 'duplicate')
    assert.deepEqual(jobs, [{ id, startAfterMs: 0 }])
    refuseJobs = true
    await assert.rejects(record())
    assert.equal((await sql(`select id from webhook_receipt`)).length, 1)
  })

  it('sends no job for what has no effect to follow', async () => {
    const id = await record({ ignored: 'progress' })
    assert.equal(await stateOf(id), 'ignored progress')
    assert.deepEqual(jobs, [])
    await verify(id)
    assert.deepEqual(told, [])
  })

  it('nudges the lane of a job that is out, and notes once, with an audit entry, that Genesys bore the word out', async () => {
    const { upload, claim, settle } = await sendBatch('job-1')
    const id = await record()
    await verify(id)
    assert.deepEqual(nudged, [[upload.laneKey, 1]])
    assert.deepEqual(await store.lanes.renew(claim), { nudges: 1 })
    assert.deepEqual(jobs.at(-1), { id, startAfterMs: 2_000 })
    assert.equal(await stateOf(id), 'received')
    await settle()
    await verify(id)
    await verify(id)
    assert.equal(await stateOf(id), 'verified')
    assert.deepEqual(told, ['verified'])
    const entries = await sql(
      `select object, attempt from audit_entry where action = 'webhook.verified'`,
    )
    assert.deepEqual(entries, [{ object: upload.id, attempt: 2 }])
  })

  it('takes a late word, after the poll has settled the job, as borne out, without a nudge', async () => {
    const { settle } = await sendBatch('job-1')
    await settle()
    const id = await record({ status: 'error' })
    await verify(id)
    assert.equal(await stateOf(id), 'verified')
    assert.deepEqual(nudged, [])
  })

  it('calls a word contradicted that says another thing than Genesys does, of a request and of a file', async () => {
    for (const [status, ended, state] of [
      ['error', 'completed', 'contradicted'],
      ['success', 'failed', 'contradicted'],
      ['success', 'lost', 'contradicted'],
      ['error', 'failed', 'verified'],
      ['success', 'completed', 'verified'],
      [null, 'failed', 'verified'],
    ] as const) {
      const job = `job-${status}-${ended}`
      const { upload, settle } = await sendBatch(job)
      await settle(ended)
      await addPart(upload, `part-${job}`, `of-${job}`, 'settled')
      await sql(`update batch set ended = $1 where id = $2`, ended, `part-${job}`)
      for (const jobId of [job, `of-${job}`]) {
        const id = await record({ jobId, status, key: Buffer.from(jobId.padEnd(32)) })
        await verify(id)
        assert.equal(await stateOf(id), state, jobId)
      }
      await sql(
        `update upload set state = 'cancelled', completed_at = now() where id = $1`,
        upload.id,
      )
      await sql(`update lane set lease_until = null, owner = null`)
    }
    const [{ entries } = { entries: 0 }] = (await sql(
      `select count(*)::int as entries from audit_entry where action = 'webhook.contradicted'`,
    )) as { entries: number }[]
    assert.equal(entries, 6)
  })

  it('takes an early word by the part of its token, before the job has a name', async () => {
    const upload = await stageUpload(store)
    await addPart(upload, 'part-1', null)
    const id = await record({ partId: 'part-1', listId: 'list-1' })
    await verify(id)
    assert.equal(nudged.length, 1)
    await sql(`update shipment set job_id = 'job-1', state = 'settled'`)
    await verify(id)
    assert.equal(await stateOf(id), 'verified')
  })

  it('finds a job of a part also without the token of the part', async () => {
    const upload = await stageUpload(store)
    await addPart(upload, 'part-1', 'job-1')
    const id = await record({ route: 'event' })
    await verify(id)
    assert.deepEqual(nudged, [[upload.laneKey, 1]])
  })

  it('gives up a word on a job of nobody, of another job than the part has, or of another list', async () => {
    const upload = await stageUpload(store)
    await addPart(upload, 'part-1', 'job-of-part')
    await addPart(upload, 'part-2', null)
    const receipts = [
      await record({ jobId: 'job-unheard-of' }),
      await record({ partId: 'part-1', jobId: 'job-1' }),
      await record({ partId: 'part-1', jobId: 'job-of-part', listId: 'list-2' }),
    ]
    for (const id of receipts) {
      for (let look = 0; look < 4; look += 1) await verify(id)
      assert.equal(await stateOf(id), 'ignored unknown')
    }
    assert.deepEqual(nudged, [])
    assert.deepEqual(
      jobs.filter(({ startAfterMs }) => startAfterMs > 0).map(({ startAfterMs }) => startAfterMs),
      [1, 2, 3].flatMap(() => [2_000, 10_000, 60_000]),
    )
  })

  it('gives up an early word when the upload ended without such a job', async () => {
    const upload = await stageUpload(store)
    await addPart(upload, 'part-1', null)
    const id = await record({ partId: 'part-1' })
    await sql(`update upload set state = 'failed', rows_unprocessed = rows_accepted`)
    for (let look = 0; look < 4; look += 1) await verify(id)
    assert.equal(await stateOf(id), 'ignored unknown')
  })

  it('looks seven times after a job that Genesys does not end, the last time a day later', async () => {
    await sendBatch('job-1')
    const id = await record()
    for (let look = 0; look < 8; look += 1) await verify(id)
    assert.equal(await stateOf(id), 'ignored unsettled')
    assert.equal(jobs.at(-1)?.startAfterMs, DAY_MS)
    assert.equal(nudged.length, 7)
  })

  it('brings forward the look at an upload that waits for an outage to end', async () => {
    const { upload, claim } = await sendBatch('job-1')
    await store.delivery.hold(claim, {
      uploadId: upload.id,
      reason: 'genesys_unavailable',
      retryInMs: 3_600_000,
      audit: audit('upload.held', upload.id),
    })
    assert.equal((await store.holds.takeDue(60_000)).length, 0)
    await verify(await record())
    assert.equal((await store.holds.takeDue(60_000)).length, 1)
  })

  it('knows the list of a part until a day after the end of its upload', async () => {
    const upload = await stageUpload(store, { list: 'list-9' })
    await addPart(upload, 'part-1', null)
    const list = () => store.receipts.listOfPart('part-1', TOKEN_DEAD_AFTER_MS)
    assert.equal(await list(), 'list-9')
    assert.equal(await store.receipts.listOfPart('part-2', TOKEN_DEAD_AFTER_MS), null)
    await sql(`update upload set completed_at = clock_timestamp() - interval '23 h 59 min'`)
    assert.equal(await list(), 'list-9')
    await sql(`update upload set completed_at = clock_timestamp() - interval '24 h 1 min'`)
    assert.equal(await list(), null)
  })

  it('sweeps: names what lost its job, deletes what is past its time', async () => {
    const old = await record()
    const lost = await record()
    await record()
    await sql(
      `update webhook_receipt set received_at = received_at - interval '8 d' where id = $1`,
      old,
    )
    await sql(
      `update webhook_receipt set check_at = check_at - interval '2 min' where id <> $1 and id = any($2)`,
      '',
      [old, lost],
    )
    const swept = await store.receipts.sweep({ keepMs: 7 * DAY_MS, graceMs: 60_000 })
    assert.deepEqual(swept, [lost])
    assert.equal((await sql(`select id from webhook_receipt`)).length, 2)
  })
})
