import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem, type ProblemCode } from '../../../../src/domain/problems/problem.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../../support/gateway/working-gateway.ts'

const problem = (code: ProblemCode) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

const rows = (...idsAndNotes: string[]) =>
  idsAndNotes.map((text) => ({ id: text.split('=')[0]!, note: text.split('=')[1] ?? 'n' }))

eachHome('Plan and apply', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const gateway = () => createWorkingGateway(store, `plan-${(lists += 1)}`)
  type Gateway = ReturnType<typeof gateway>
  const apply = (g: Gateway, uploadId: string, ...planDigests: string[]) =>
    g.apply({ caller: CALLER, uploadId, planDigests })
  const withColumn = (g: Gateway, required: boolean, schemaVersion: string): void => {
    const columns = [...g.genesys.list.columns, { name: 'tier', kind: 'text' as const, required }]
    g.genesys.list = { ...g.genesys.list, columns, schemaVersion }
  }

  it('validates with the creates, updates and unchanged that delivery then has', async () => {
    const g = gateway()
    await g.upload(rows('a=1', 'b=1'))
    await g.work()
    const file = rows('a=1', 'b=2', 'c=1', 'd=0', 'd=1')
    const { plan } = await g.validate(file)
    assert.deepEqual(plan, {
      creates: 2,
      updates: 1,
      unchanged: 1,
      suppressed: 0,
      notDialledAgain: 1,
    })
    const { id } = await g.upload(file)
    await g.work()
    const { counts } = await g.find(id)
    assert.equal(counts.unchanged, plan.unchanged)
    assert.equal(counts.delivered, plan.creates + plan.updates)
    assert.equal(g.genesys.contacts.size, 4)
  })

  it('expects by the options: skip leaves known contacts, ignore and overwrite send all', async () => {
    const g = gateway()
    await g.upload(rows('a=1', 'b=1'))
    await g.work()
    const expected = async (options: object) => (await g.validate(rows('a=2', 'c'), options)).plan
    const none = { suppressed: 0, creates: 1 }
    assert.deepEqual(await expected({ duplicates: 'skip' }), {
      ...none,
      updates: 0,
      unchanged: 1,
      notDialledAgain: 0,
    })
    assert.deepEqual(await expected({ duplicates: 'ignore' }), {
      ...none,
      updates: 1,
      unchanged: 0,
      notDialledAgain: 1,
    })
    const overwrite = { mode: 'overwrite', confirmOverwrite: g.genesys.list.id }
    assert.deepEqual(await expected(overwrite), {
      ...none,
      creates: 2,
      updates: 0,
      unchanged: 0,
      notDialledAgain: 0,
    })
    g.genesys.list = { ...g.genesys.list, size: 1 }
    await store.lists.put(g.genesys.list)
    // The list has fewer contacts than were delivered, because another application has cleared it.
    const { plan } = await g.validate(rows('a=1'))
    assert.deepEqual(plan, {
      creates: 0,
      updates: 1,
      unchanged: 0,
      suppressed: 0,
      notDialledAgain: 1,
    })
  })

  it('holds until the very plan is applied, and sends nothing before', async () => {
    const g = gateway()
    const held = await g.upload(rows('a', 'b'), { apply: 'manual' }, { rejected: 1 })
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'apply'])
    assert.deepEqual(held.plan, {
      creates: 2,
      updates: 0,
      unchanged: 0,
      suppressed: 0,
      notDialledAgain: 0,
    })
    await g.work()
    await store.lanes.wakeHeld()
    assert.equal(g.genesys.sent.length, 0)
    for (const action of ['resume', 'pause'] as const) {
      const call = g.control({ caller: CALLER, uploadId: held.id, action })
      await assert.rejects(call, problem('state-conflict'), action)
    }
    await assert.rejects(apply(g, held.id, 'another'), problem('plan-changed'))
    const applied = await apply(g, held.id, held.planDigest)
    assert.equal(applied.state, 'staged')
    assert.notEqual(applied.appliedAt, null)
    await g.work()
    assert.equal((await g.find(held.id)).state, 'completed_with_errors')
    assert.deepEqual([...g.genesys.contacts.keys()], ['a', 'b'])
  })

  it('answers the same apply again with the upload as it is, and another one with 409', async () => {
    const g = gateway()
    const { id, planDigest } = await g.upload(rows('a'), { apply: 'manual' })
    const [first, second] = await Promise.all([apply(g, id, planDigest), apply(g, id, planDigest)])
    assert.equal(first.version, second.version)
    await g.work()
    assert.equal((await apply(g, id, planDigest)).state, 'completed')
    await assert.rejects(apply(g, id, 'another'), problem('state-conflict'))
    const { id: other } = await g.upload(rows('b'))
    await assert.rejects(apply(g, other, planDigest), problem('state-conflict'))
    await assert.rejects(apply(g, 'upl_x', planDigest), problem('not-found'))
  })

  it('says 412 with the new digest when the list changed, and goes on by that one', async () => {
    const g = gateway()
    const { id, planDigest, version } = await g.upload(rows('a'), { apply: 'manual' })
    withColumn(g, false, 'v2')
    let about: Record<string, unknown> = {}
    await assert.rejects(apply(g, id, planDigest), (error) => {
      about = (error as GatewayProblem).about
      return problem('plan-changed')(error)
    })
    const changes = { added: ['tier'], removed: [], kindChanged: [], required: [] }
    assert.deepEqual(about['changes'], changes)
    const now = await g.find(id)
    assert.equal(now.planDigest, about['planDigest'])
    assert.notEqual(now.planDigest, planDigest)
    assert.ok(now.version > version)
    await apply(g, id, now.planDigest)
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })

  it('refuses rows that no longer fit the list, whatever is agreed to', async () => {
    const g = gateway()
    const { id, planDigest } = await g.upload(rows('a'), { apply: 'manual' })
    withColumn(g, true, 'v2')
    await assert.rejects(apply(g, id, planDigest), problem('plan-changed'))
    const call = apply(g, id, (await g.find(id)).planDigest)
    await assert.rejects(call, problem('schema-drift'))
    await g.work()
    assert.equal(g.genesys.sent.length, 0)
    assert.equal((await g.find(id)).hold?.reason, 'apply')
  })

  it('waits for its time after it was applied', async () => {
    const g = gateway()
    const notBefore = new Date(Date.now() + 3_600_000).toISOString()
    const { id, planDigest } = await g.upload(rows('a'), { apply: 'manual', notBefore })
    const applied = await apply(g, id, planDigest)
    assert.deepEqual([applied.state, applied.hold?.reason], ['held', 'not_before'])
    assert.equal(applied.notBefore, notBefore)
  })

  it('says 410 when its rows are gone, and ends without an apply when it is cancelled', async () => {
    const g = gateway()
    const { id, planDigest } = await g.upload(rows('a'), { apply: 'manual' })
    await store.sql.executeSql('delete from chunk where upload_id = $1', [id])
    await assert.rejects(apply(g, id, planDigest), problem('rows-gone'))
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    await assert.rejects(apply(g, id, planDigest), problem('state-conflict'))
    const told = g.events.filter(({ name }) => name === 'upload.finished')
    assert.deepEqual(
      told.map(({ fields }) => (fields as { unsettled: number }).unsettled),
      [1],
    )
  })
})
