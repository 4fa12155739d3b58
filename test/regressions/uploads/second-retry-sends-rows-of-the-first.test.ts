import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { NOTHING_FOUND } from '../../../src/domain/uploads/reconciliation.ts'
import { DUPLICATE_RULES } from '../../../src/domain/uploads/upload-options.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore, serverHome } from '../../support/databases/database.ts'
import type { UploadView } from '../../support/gateway/gateway-client.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const ROWS = ['a', 'b', 'c', 'd'].map((id) => ({ id, note: 'n' }))

/**
 * The content of a retry is as old as the content of its original. So the register did not tell a
 * second retry that the first one had delivered the contact, and with `duplicates=ignore` it was
 * sent again. The platform dialect then queues the person a second time.
 */
eachHome('A second retry of an upload', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  type Gateway = ReturnType<typeof createWorkingGateway>
  const gateway = (): Gateway => createWorkingGateway(store, `twice-${(lists += 1)}`)
  const lastChild = async (g: Gateway, id: string) => g.find((await g.find(id)).children.at(-1)!)
  const retried = async (g: Gateway, id: string, outcomes?: Parameters<Gateway['retry']>[1]) => {
    await g.retry(id, outcomes)
    const child = await lastChild(g, id)
    await g.work()
    return g.find(child.id)
  }
  const cancelled = async (g: Gateway, options: Parameters<Gateway['upload']>[1]) => {
    const { id } = await g.upload(ROWS, options)
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    return id
  }
  const differs = (id: string) =>
    store.reconciliations.record(id, { ...NOTHING_FOUND, sampled: 1, missing: 1, state: 'differs' })
  const codesOf = async (id: string) => {
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    return [...new Set(rows.map(({ code }) => code))]
  }

  for (const delivery of ['batches', 'file'] as const) {
    it(`does not send again what the first delivered in ${delivery}`, async () => {
      const g = gateway()
      const id = await cancelled(g, { duplicates: 'ignore', delivery })
      assert.equal((await retried(g, id)).counts.delivered, 4)
      const sent = g.genesys.sent.length + g.genesys.files.length
      const second = await retried(g, id)
      assert.equal(g.genesys.sent.length + g.genesys.files.length, sent)
      assert.deepEqual([second.state, second.counts.unprocessed], ['completed', 4])
      assert.deepEqual(await codesOf(second.id), ['superseded'])
    })
  }

  it('sends none of the rows, whatever `duplicates` says, also if the list has shrunk', async () => {
    for (const duplicates of DUPLICATE_RULES) {
      const g = gateway()
      const id = await cancelled(g, { duplicates })
      await retried(g, id)
      g.genesys.list = { ...g.genesys.list, size: 0 }
      const second = await retried(g, id)
      assert.deepEqual([duplicates, second.counts.delivered], [duplicates, 0])
    }
  })

  it('finds what a retry of a retry delivered', async () => {
    const g = gateway()
    const id = await cancelled(g, { duplicates: 'ignore' })
    await g.retry(id)
    const first = await lastChild(g, id)
    await g.control({ caller: CALLER, uploadId: first.id, action: 'cancel' })
    assert.equal((await retried(g, first.id)).counts.delivered, 4)
    assert.equal((await retried(g, id)).counts.delivered, 0)
  })

  it('sends delivered rows that Genesys does not show, also those of a retry', async () => {
    const g = gateway()
    const { id } = await g.upload(ROWS, { duplicates: 'ignore' })
    await g.work()
    await differs(id)
    const first = await retried(g, id, ['differing'])
    assert.equal(first.counts.delivered, 4)
    assert.equal((await retried(g, id, ['differing'])).counts.delivered, 0)
    await differs(first.id)
    assert.equal((await retried(g, first.id, ['differing'])).counts.delivered, 4)
  })
})

describe('A second retry that shares requests', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'platform')
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  const post = <T>(path: string, body: unknown) =>
    gateway.client.call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    })

  it('does not send again what the first delivered, and says what superseded it', async () => {
    const csv = 'customerId,phoneNumber\na,+14155552671\n'
    const query = 'duplicates=ignore&apply=manual&missingColumns=empty&contactIdColumn=customerId'
    const { body: upload, text } = await gateway.client.upload('demo-contacts', csv, { query })
    assert.ok(upload.id, text)
    const path = `/v1/uploads/${upload.id}`
    await post(`${path}/cancel`, {})
    const retried = async () => {
      const { body, status, text } = await post<UploadView>(`${path}/retry`, {})
      assert.equal(status, 202, text)
      return gateway.client.finished(body.id)
    }
    const first = await retried()
    assert.equal(first.counts.delivered, 1)
    const second = await retried()
    assert.deepEqual([second.counts.delivered, second.counts.unprocessed], [0, 1])
    const { body } = await gateway.client.call<{ items: { supersededBy: string | null }[] }>(
      '/v1/contact-lists/demo-contacts/contacts/a/explain',
    )
    assert.deepEqual(
      body.items.map(({ supersededBy }) => supersededBy),
      [first.id, null, null],
    )
  })
})
