import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem, type ProblemCode } from '../../../../src/domain/problems/problem.ts'
import { NOTHING_FOUND } from '../../../../src/domain/uploads/reconciliation.ts'
import { uploadWarnings } from '../../../../src/domain/uploads/upload-warnings.ts'
import { brokenSums } from '../../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { CALLER, createWorkingGateway, type Row } from '../../../support/gateway/working-gateway.ts'
import { refuseIds } from '../../../support/memory/memory-genesys.ts'

const problem = (code: ProblemCode) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

const rows = (...idsAndNotes: string[]): Row[] =>
  idsAndNotes.map((text) => ({ id: text.split('=')[0]!, note: text.split('=')[1] ?? 'n' }))

eachHome('Retrying what is left of an upload', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const gateway = () => createWorkingGateway(store, `retry-${(lists += 1)}`)
  type Gateway = ReturnType<typeof gateway>
  const childOf = async (g: Gateway, parentId: string) => {
    const { children } = await g.find(parentId)
    return g.find(children.at(-1)!)
  }
  const cancel = (g: Gateway, uploadId: string) =>
    g.control({ caller: CALLER, uploadId, action: 'cancel' })
  /** An upload of eight contacts. Genesys refused two of them by name. */
  const withFailures = async (g: Gateway) => {
    g.genesys.onSend = refuseIds(['b', 'f'], true)
    const { id } = await g.upload(rows(...'abcdefgh'), {}, { rejected: 1 })
    await g.work()
    g.genesys.onSend = () => undefined
    assert.equal((await g.find(id)).counts.failed, 2)
    return id
  }

  it('sends delivered rows again of an upload that Genesys does not show as it was sent, and only of such a one', async () => {
    const g = gateway()
    const { id } = await g.upload(rows('a', 'b', 'c'))
    await g.work()
    await assert.rejects(g.retry(id, ['differing']), problem('nothing-to-retry'))
    const found = { ...NOTHING_FOUND, sampled: 3, missing: 1 }
    await store.reconciliations.record(id, { ...found, state: 'differs' })
    const parent = await g.find(id)
    assert.deepEqual(
      uploadWarnings(parent)
        .map(({ code }) => code)
        .filter((code) => code === 'differs-in-genesys'),
      ['differs-in-genesys'],
    )
    const sentBefore = g.genesys.sent.length
    g.genesys.contacts.clear()
    await g.retry(id, ['differing'])
    await g.work()
    const child = await childOf(g, id)
    assert.deepEqual([child.state, child.counts.delivered], ['completed', 3])
    assert.ok(g.genesys.sent.length > sentBefore, 'nothing was sent')
    assert.equal(g.genesys.contacts.size, 3)
  })

  it('sends everything again when the same file comes after a difference', async () => {
    const g = gateway()
    const { id } = await g.upload(rows('a', 'b'))
    await g.work()
    await store.reconciliations.record(id, {
      ...NOTHING_FOUND,
      sampled: 2,
      missing: 1,
      state: 'differs',
    })
    const again = await g.upload(rows('a', 'b'))
    await g.work()
    assert.equal((await g.find(again.id)).counts.delivered, 2)
  })

  it('makes a child of exactly the failed rows, with their lines, and delivers it', async () => {
    const g = gateway()
    const id = await withFailures(g)
    const answer = await g.retry(id)
    assert.equal(answer.status, 202)
    const child = await childOf(g, id)
    assert.equal(answer.location, `/v1/uploads/${child.id}`)
    assert.equal(child.parentId, id)
    assert.equal(child.counts.read, 2)
    assert.equal(child.counts.accepted, 2)
    await g.work()
    const done = await g.find(child.id)
    assert.equal(done.state, 'completed')
    assert.deepEqual(brokenSums(done.counts, true), [])
    const { rows: ledger } = await store.uploads.ledger(child.id, {
      outcomes: [],
      afterLine: 0,
      limit: 9,
    })
    assert.deepEqual(
      ledger.map(({ line, contactId, outcome }) => [line, contactId, outcome]),
      [
        [3, 'b', 'delivered'],
        [7, 'f', 'delivered'],
      ],
    )
    assert.equal(g.genesys.contacts.get('b'), 'b,n,+12125550123')
  })

  it('makes one child of the rows, however many ask for it at the same moment', async () => {
    const g = gateway()
    const id = await withFailures(g)
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => g.retry(id)))
    const refused = answers.filter((answer) => answer.status === 'rejected')
    assert.equal(answers.length - refused.length, 1)
    for (const { reason } of refused) assert.ok(problem('retry-under-way')(reason), String(reason))
    assert.equal((await g.find(id)).children.length, 1)
    await g.work()
    assert.equal((await childOf(g, id)).counts.delivered, 2)
  })

  it('does not take rows again that a retry has taken and ended since they were read', async () => {
    const g = gateway()
    const id = await withFailures(g)
    const staged = Promise.withResolvers<void>()
    const read = store.uploads.ledger
    store.uploads.ledger = async (...query) => {
      store.uploads.ledger = read
      const page = await read(...query)
      await staged.promise
      return page
    }
    const late = g.retry(id)
    late.catch(() => undefined)
    // Waits until the late retry has read the upload's children.
    while (store.uploads.ledger !== read) await new Promise((turn) => setImmediate(turn))
    await g.retry(id)
    await g.work()
    assert.equal((await childOf(g, id)).state, 'completed')
    staged.resolve()
    await assert.rejects(late, problem('retry-under-way'))
    assert.equal((await g.find(id)).children.length, 1)
  })

  it('gives its chunks the digests that intake gave them, so that erasure finds them', async () => {
    const g = gateway()
    const { id } = await g.upload(rows('a', 'b'))
    await cancel(g, id)
    await g.retry(id)
    const child = await childOf(g, id)
    const digests = async (uploadId: string) => {
      const { rows: found } = await store.sql.executeSql(
        'select id_digests, subjects from chunk where upload_id = $1 order by seq',
        [uploadId],
      )
      return found.map((row) => JSON.stringify(row))
    }
    assert.deepEqual(await digests(child.id), await digests(id))
    await cancel(g, child.id)
  })

  it('takes the outcomes asked for, over more chunks than one', async () => {
    const g = gateway()
    g.genesys.onSend = (batch, attempt) => {
      refuseIds(['a'], true)(batch)
      if (attempt === 3) throw new GatewayProblem('internal-error', 'stop here')
    }
    const { id } = await g.upload(rows(...'abcdefghijk'))
    await assert.rejects(g.work())
    await cancel(g, id)
    g.genesys.onSend = () => undefined
    await g.work()
    const { counts } = await g.find(id)
    assert.ok(counts.failed > 0 && counts.unprocessed > 3, JSON.stringify(counts))
    await g.retry(id, ['unprocessed'])
    const first = await childOf(g, id)
    assert.equal(first.counts.read, counts.unprocessed)
    await g.work()
    await g.retry(id, ['failed'])
    assert.equal((await childOf(g, id)).counts.read, counts.failed)
    await g.work()
    assert.equal(g.genesys.contacts.size, 11)
    assert.equal((await g.find(id)).children.length, 2)
  })

  it('never puts the old content of a retried row over newer content, delivered or still to come', async () => {
    const g = gateway()
    const { id } = await g.upload(rows('a=old', 'b=old', 'c=old'))
    await cancel(g, id)
    await g.upload(rows('a=new'))
    await g.work()
    const { id: waiting } = await g.upload(rows('b=new'))
    await g.control({ caller: CALLER, uploadId: waiting, action: 'pause' })
    await g.retry(id)
    const child = await childOf(g, id)
    await g.work()
    const { counts } = await g.find(child.id)
    assert.deepEqual([counts.delivered, counts.unprocessed], [2, 1])
    assert.equal(g.genesys.contacts.get('a'), 'a,new,+12125550123')
    await g.control({ caller: CALLER, uploadId: waiting, action: 'resume' })
    await g.work()
    assert.equal((await g.find(waiting)).counts.delivered, 1)
    assert.equal(g.genesys.contacts.get('b'), 'b,new,+12125550123')
  })

  it('retries the rows of a retry, which stay as old as they are', async () => {
    const g = gateway()
    const { id, acceptedSeq } = await g.upload(rows('a'))
    await cancel(g, id)
    await g.retry(id)
    const child = await childOf(g, id)
    await cancel(g, child.id)
    await g.retry(child.id)
    const grandchild = await childOf(g, child.id)
    assert.equal(grandchild.contentSeq, acceptedSeq)
    assert.ok(grandchild.acceptedSeq! > child.acceptedSeq!)
  })

  it('answers a key again with the same upload, and refuses it for other outcomes', async () => {
    const g = gateway()
    const id = await withFailures(g)
    const first = await g.retry(id, undefined, 'again')
    const second = await g.retry(id, ['unprocessed', 'failed'], 'again')
    assert.equal(second.replayed, true)
    assert.equal(second.body, first.body)
    assert.equal((await g.find(id)).children.length, 1)
    await assert.rejects(g.retry(id, ['failed'], 'again'), problem('idempotency-key-reused'))
  })

  it('refuses while the upload or a retry goes on, and when nothing is left, and frees the key', async () => {
    const g = gateway()
    const { id: open } = await g.upload(rows('a'))
    await assert.rejects(g.retry(open, undefined, 'k'), problem('state-conflict'))
    await g.work()
    await assert.rejects(g.retry(open, undefined, 'k'), problem('nothing-to-retry'))
    const id = await withFailures(g)
    await assert.rejects(g.retry(id, ['unprocessed']), problem('nothing-to-retry'))
    await g.retry(id)
    await assert.rejects(g.retry(id), problem('retry-under-way'))
    await assert.rejects(g.retry('upl_x'), problem('not-found'))
    assert.equal((await store.uploads.list('default', { limit: 2, cursor: null }))!.items.length, 2)
  })

  it('refuses rows that are gone, and a list with other columns', async () => {
    const g = gateway()
    const id = await withFailures(g)
    const { list } = g.genesys
    g.genesys.list = { ...list, schemaVersion: 'v2', columns: list.columns.slice(0, 2) }
    await assert.rejects(g.retry(id), (error) => {
      const { diff } = (error as GatewayProblem).about as { diff: { removed: string[] } }
      assert.deepEqual(diff.removed, ['phone'])
      return problem('schema-drift')(error)
    })
    g.genesys.list = list
    await store.sql.executeSql('delete from chunk where upload_id = $1', [id])
    await assert.rejects(g.retry(id), problem('rows-gone'))
  })

  it('appends what is left of an overwrite, and refuses where the list was not overwritten', async () => {
    const g = gateway()
    const overwrite = { mode: 'overwrite', confirmOverwrite: g.genesys.list.id } as const
    const { id: never } = await g.upload(rows('x'), overwrite)
    await cancel(g, never)
    await assert.rejects(g.retry(never), problem('retry-needs-overwrite'))
    await g.upload(rows('z'))
    await g.work()
    g.genesys.onSend = refuseIds(['b'], true)
    const { id } = await g.upload(rows('a', 'b'), overwrite)
    await g.work()
    g.genesys.onSend = () => undefined
    await g.retry(id)
    assert.equal((await childOf(g, id)).mode, 'append')
    await g.work()
    assert.deepEqual([...g.genesys.contacts.keys()].toSorted(), ['a', 'b'])
  })

  it('leaves nothing of a retry that dies while its rows are read', async () => {
    const g = gateway()
    const id = await withFailures(g)
    await store.sql.executeSql(`update chunk set payload = ''::bytea where upload_id = $1`, [id])
    await assert.rejects(g.retry(id, undefined, 'dies'))
    assert.deepEqual((await g.find(id)).children, [])
    const { rows: left } = await store.sql.executeSql(
      `select id from upload where state = 'receiving'`,
    )
    assert.deepEqual(left, [])
    await assert.rejects(
      g.retry(id, undefined, 'dies'),
      (error) => !problem('idempotency-key-in-progress')(error),
    )
  })
})
