import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import {
  NOTHING_FOUND,
  type ReconciliationResult,
} from '../../../src/domain/uploads/reconciliation.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { IN_REGISTER } from '../../../src/workflows/ports/delivery/compare-contacts.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { refuseIds } from '../../support/memory/memory-genesys.ts'

const ROWS = ['a', 'b'].map((id) => ({ id, note: 'n' }))

/**
 * A reconciliation made the register forget the content of the upload's contacts, but not the
 * contacts. So an upload with `duplicates=skip` left out contacts that Genesys did not show, and
 * said that they were unchanged. Retries of such uploads sent nothing at all.
 */
eachHome('After a reconciliation that differs, an upload with duplicates=skip', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  type Gateway = ReturnType<typeof createWorkingGateway>
  const gateway = (): Gateway => createWorkingGateway(store, `missing-${(lists += 1)}`)
  const differing = async (g: Gateway, found: Partial<ReconciliationResult>, options = {}) => {
    const { id } = await g.upload(ROWS, options)
    await g.work()
    await store.reconciliations.record(id, {
      ...NOTHING_FOUND,
      sampled: 2,
      ...found,
      state: 'differs',
    })
    return id
  }
  /** How many of the contacts a plan takes for new, where it looks up this many. */
  const newTo = async (g: Gateway, many: number): Promise<number> => {
    const ids = Array.from({ length: many }, (_, n) =>
      keyedDigest(store.digestKey, n % 2 ? 'a' : 'b'),
    )
    const compare = store.delivery.openComparison('default', g.genesys.list.id)
    const found = await compare(Buffer.concat(ids), null)
    return found.filter((one) => one === IN_REGISTER.nothing).length
  }
  /** Sends the rows again. Says how many the plan takes for new, and what became of them. */
  const skipping = async (g: Gateway) => {
    const fresh = await newTo(g, 2)
    const { id } = await g.upload(ROWS, { duplicates: 'skip' })
    await g.work()
    const { counts } = await g.find(id)
    return [fresh, counts.delivered, counts.unchanged]
  }

  it('sends contacts that were missing, once', async () => {
    const g = gateway()
    await differing(g, { missing: 1 })
    assert.deepEqual([await newTo(g, 2_000), await newTo(g, 10_000)], [2_000, 10_000])
    assert.deepEqual(await skipping(g), [2, 2, 0])
    assert.deepEqual(await skipping(g), [0, 0, 2])
  })

  it('sends them if the list was too small for the register, also when others have filled it', async () => {
    const g = gateway()
    await differing(g, { listSize: 1, registered: 2 })
    assert.deepEqual(await skipping(g), [2, 2, 0])
  })

  it('still leaves out contacts that Genesys shows with other content', async () => {
    const g = gateway()
    await differing(g, { differences: { note: 1 } })
    assert.deepEqual(await skipping(g), [0, 0, 2])
  })

  it('sends them again if Genesys refused them meanwhile', async () => {
    const g = gateway()
    await differing(g, { missing: 1 })
    const send = g.genesys.onSend
    g.genesys.onSend = refuseIds(['a', 'b'], true)
    assert.deepEqual(await skipping(g), [2, 0, 0])
    g.genesys.onSend = send
    assert.deepEqual(await skipping(g), [2, 2, 0])
  })

  it('is retried with the delivered rows, also if only the content differs', async () => {
    const g = gateway()
    const id = await differing(g, { differences: { note: 1 } }, { duplicates: 'skip' })
    await g.retry(id, ['differing'])
    await g.work()
    const child = await g.find((await g.find(id)).children.at(-1)!)
    assert.deepEqual([child.counts.delivered, child.counts.unchanged], [2, 0])
  })

  it('does not replace what another tenant has delivered since', async () => {
    const g = gateway()
    await differing(g, { missing: 1 })
    const list = g.genesys.list.id
    await store.sql.executeSql(`insert into tenant (id) values ('other') on conflict do nothing`)
    await store.sql.executeSql(
      `with theirs as (insert into register (tenant_id, list_id, contacts) values ('other', $1, 2) returning id)
      insert into contact_register (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
      select theirs.id, contact_digest, sealed_id, '\\x01'::bytea, accepted_seq + 1, upload_id, line
        from theirs, contact_register where register_id = (select id from register where tenant_id = 'default' and list_id = $1)`,
      [list],
    )
    assert.deepEqual((await skipping(g))[1], 0)
  })
})
