import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { uploadWarnings } from '../../../src/domain/uploads/upload-warnings.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { audit } from '../../support/stages/store-uploads.ts'

eachHome('What adding contacts does to their place in the queue', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const change = (listId: string, queue: Record<string, boolean | null>, tenantId = 'default') =>
    store.listSettings.change({
      tenantId,
      listId,
      queue,
      audit: audit('list.settings_changed', listId),
    })

  it('is decided for a list by each tenant, member by member, and undecided again', async () => {
    const read = async (tenantId = 'default') =>
      (await store.listSettings.read(tenantId, 'l')).queue
    assert.deepEqual(await read(), {})
    await change('l', { doNotQueue: false })
    const both = await change('l', { priority: true })
    assert.deepEqual(both.queue, { doNotQueue: false, priority: true })
    await change('l', { doNotQueue: null, clearSystemData: null })
    assert.deepEqual(await read(), { priority: true })
    assert.deepEqual(await read('other'), {})
  })

  it('is read with the key of a small upload', async () => {
    await change('small', { doNotQueue: false })
    const doorway = await store.smallUploads.read({
      keyDigest: Buffer.alloc(32, 3),
      listId: 'small',
      method: 'POST',
      path: '/x',
      idempotencyKey: null,
    })
    assert.deepEqual(doorway.queue, { doNotQueue: false })
  })

  it('goes with every request, shows in the upload and its plan', async () => {
    const rows = (note: string) => ['a', 'b', 'c'].map((id) => ({ id, note }))
    const g = createWorkingGateway(store, 'queued')
    await g.upload(rows('1'))
    await g.work()
    const safe = { priority: false, doNotQueue: true, clearSystemData: false }
    const sent = () => {
      const { byDefault: _byDefault, ...queue } = g.genesys.sent.at(-1)!.queue as never as {
        byDefault: boolean
      }
      return queue
    }
    assert.deepEqual(sent(), safe)

    const { plan, warnings } = await g.validate(rows('2'))
    assert.deepEqual([plan.updates, plan.notDialledAgain], [3, 3])
    assert.deepEqual(
      warnings.map(({ code, rows: known }: { code: string; rows: number }) => [code, known]),
      [['known-not-dialled-again', 3]],
    )
    await change('queued', { doNotQueue: false, priority: true })
    const daily = await g.validate(rows('2'))
    assert.deepEqual([daily.plan.notDialledAgain, daily.warnings], [0, []])
    const { id } = await g.upload(rows('2'), { clearSystemData: true })
    await g.work()
    assert.deepEqual(sent(), { priority: true, doNotQueue: false, clearSystemData: true })
    assert.deepEqual((await g.find(id)).queue?.doNotQueue, false)
  })

  it('is not kept by files: the plan of a file says so, whether it is validated or waits', async () => {
    const rows = (note: string) => ['a', 'b', 'c'].map((id) => ({ id, note }))
    const g = createWorkingGateway(store, 'filed')
    await g.upload(rows('1'))
    await g.work()
    const codesOf = (warnings: readonly { code: string }[]) => warnings.map(({ code }) => code)
    for (const [doNotQueue, expected] of [
      [null, ['file-queues-again']],
      [true, ['file-queues-again']],
      [false, []],
    ] as const) {
      await change('filed', { doNotQueue })
      const changed = rows(`set to ${doNotQueue}`)
      const { plan, warnings } = await g.validate(changed, { delivery: 'file' })
      assert.deepEqual([plan.updates, plan.notDialledAgain], [3, 0], `doNotQueue=${doNotQueue}`)
      assert.deepEqual(codesOf(warnings), expected, `doNotQueue=${doNotQueue}`)
      const { id } = await g.upload(changed, { delivery: 'file', apply: 'manual' })
      const held = await g.find(id)
      assert.deepEqual([held.queue?.doNotQueue, held.plan?.notDialledAgain], [false, 0])
      assert.deepEqual(codesOf(uploadWarnings(held)), expected)
    }
  })

  it('does not exist in the guide dialect', async () => {
    const g = createWorkingGateway(store, 'guide', { jobs: true })
    const { id } = await g.upload([{ id: 'a', note: '1' }])
    assert.equal((await g.find(id)).queue, null)
    await assert.rejects(g.upload([{ id: 'a', note: '1' }], { doNotQueue: false }), {
      code: 'capability-not-available',
    })
  })
})
