import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem, type ProblemCode } from '../../../../src/domain/problems/problem.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../../support/gateway/working-gateway.ts'

const problem = (code: ProblemCode) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

const HOUR_MS = 3_600_000
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString()

eachHome('Uploads that wait for a time', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const gateway = () => createWorkingGateway(store, `time-${(lists += 1)}`)
  type Gateway = ReturnType<typeof gateway>
  const move = (g: Gateway, uploadId: string, action: 'pause' | 'resume') =>
    g.control({ caller: CALLER, uploadId, action })
  /** Makes the time of the upload come. */
  const arrive = (uploadId: string) =>
    store.sql.executeSql(
      `update upload set not_before = clock_timestamp() - interval '1 h',
        retry_at = case when retry_at is not null then clock_timestamp() - interval '1 h' end where id = $1`,
      [uploadId],
    )

  it('holds an upload until its time and then delivers it by itself', async () => {
    const g = gateway()
    const { id, state, hold } = await g.upload([{ id: 'a', note: '1' }], { notBefore: inHours(2) })
    assert.deepEqual([state, hold?.reason], ['held', 'not_before'])
    await g.work()
    await store.lanes.wakeHeld()
    assert.equal((await g.find(id)).state, 'held')
    assert.equal(g.genesys.sent.length, 0)
    await arrive(id)
    assert.ok((await store.lanes.wakeHeld()) >= 1)
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })

  it('steps aside in its lane, and its older content never overwrites what went before it', async () => {
    const g = gateway()
    const rows = (note: string) => [{ id: 'a', note }]
    const { id } = await g.upload([...rows('old'), { id: 'b', note: 'old' }], {
      notBefore: inHours(1),
    })
    await g.upload(rows('new'))
    await g.work()
    assert.equal(g.genesys.contacts.get('a'), 'a,new,+12125550123')
    await arrive(id)
    await store.lanes.wakeHeld()
    await g.work()
    const { counts } = await g.find(id)
    assert.deepEqual([counts.delivered, counts.unprocessed], [1, 1])
    assert.equal(g.genesys.contacts.get('a'), 'a,new,+12125550123')
  })

  it('must be ahead, and by no more than 30 days', async () => {
    const g = gateway()
    const row = [{ id: 'a', note: '1' }]
    for (const notBefore of [inHours(-1), '2020-01-01T09:00:00+02:00']) {
      await assert.rejects(g.upload(row, { notBefore }), problem('not-before-past'))
    }
    assert.equal((await g.upload(row, { notBefore: inHours(30 * 24 - 1) })).state, 'held')
    const late = g.upload(row, { notBefore: inHours(30 * 24 + 1) })
    await assert.rejects(late, problem('option-invalid'))
  })

  it('waits for its time still when it is paused and resumed, and takes no resume before', async () => {
    const g = gateway()
    const { id } = await g.upload([{ id: 'a', note: '1' }], { notBefore: inHours(1) })
    await assert.rejects(move(g, id, 'resume'), problem('state-conflict'))
    assert.equal((await move(g, id, 'pause')).state, 'paused')
    const resumed = await move(g, id, 'resume')
    assert.deepEqual([resumed.state, resumed.hold?.reason], ['held', 'not_before'])
    await move(g, id, 'pause')
    await arrive(id)
    assert.equal((await move(g, id, 'resume')).state, 'staged')
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })

  it('moves an upload only when it is the one that the caller expects', async () => {
    const g = gateway()
    const { id, version } = await g.upload([{ id: 'a', note: '1' }])
    const pause = (seen: number) =>
      g.control({
        caller: CALLER,
        uploadId: id,
        action: 'pause',
        expects: (upload) => upload.version === seen,
      })
    await assert.rejects(pause(version + 1), problem('precondition-failed'))
    assert.equal((await pause(version)).state, 'paused')
  })
})
