import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { createDigestBatch } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const content = (of: number): Buffer => Buffer.alloc(16, of)

eachHome('Comparing contacts with the register', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await deliver('list', ['a', 'b', 'c'])
    await deliver('other', ['d'])
  })
  after(() => store.close())

  /** Delivers the contacts, all with the content 5. */
  const deliver = async (list: string, contacts: string[]): Promise<void> => {
    const upload = await stageUpload(store, { list, accepted: contacts })
    const claim = await store.lanes.claim('me')
    assert.equal(claim?.key, upload.laneKey)
    await store.delivery.move(claim, upload.id, 'delivering')
    const batchId = ids.newUuid()
    const batch = { id: batchId, chunkSeq: 0, fromRow: 0, toRow: 8, sent: Buffer.from([255]) }
    await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', upload.id))
    const delivered = contacts.map((contactId, at) => ({
      contactId,
      contentHash: content(5),
      line: at + 2,
      row: at,
    }))
    await store.delivery.settle(claim, {
      ...{ uploadId: upload.id, batchId, results: [], delivered },
      counts: { delivered: contacts.length, unchanged: 0, failed: 0, unprocessed: 0 },
      audit: audit('upload.batch.settled', upload.id),
    })
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
  }
  const digestsOf = (contacts: string[]): Buffer => {
    const digests = createDigestBatch(store.digestKey)
    for (const id of contacts) digests.add(id)
    return digests.take()
  }
  const compare = async (contacts: string[], contents: Buffer | null, list = 'list') => {
    const compareWithRegister = store.delivery.openComparison('default', list)
    return [...(await compareWithRegister(digestsOf(contacts), contents))]
  }

  it('tells in their order which are not known, which hold other content and which just this', async () => {
    const contents = Buffer.concat([content(5), content(6), content(5), content(5)])
    assert.deepEqual(await compare(['x', 'a', 'c', 'd'], contents), [0, 1, 2, 0])
    assert.deepEqual(await compare(['a', 'a'], contents.subarray(0, 32)), [2, 1])
    assert.deepEqual(await compare(['a', 'x'], null), [1, 0])
    assert.deepEqual(await compare(['a'], content(5), 'never heard of'), [0])
    assert.deepEqual(await compare([], null), [])
  })

  for (const [how, length] of [
    ['searched one by one', 2_500],
    ['found in the register, which is read once', 12_000],
  ] as const) {
    it(`knows the contacts of many rows, ${how}, each at its place`, async () => {
      const many = Array.from({ length }, (_, n) => (n % 100 === 7 ? 'b' : `m${n}`))
      many[0] = 'a'
      many[length - 1] = 'd'
      const contents = Buffer.alloc(length * 16, 5)
      contents[0] = 6
      const expected = many.map((id) => (id === 'b' ? 2 : id === 'a' ? 1 : 0))
      assert.deepEqual(await compare(many, contents), expected)
      const known = expected.map((digit) => Math.min(digit, 1))
      assert.deepEqual(await compare(many, null), known)
      assert.deepEqual(
        await compare(many, contents, 'never heard of'),
        many.map(() => 0),
      )
    })
  }

  it('keeps two registers in memory, and looks contacts up again where the register is gone', async () => {
    const many = digestsOf(Array.from({ length: 12_000 }, (_, n) => `m${n}`))
    const open = () => store.delivery.openComparison('default', 'kept')
    const files = [open(), open(), open()]
    for (const compareOne of files) await compareOne(many, null)
    await deliver('kept', ['m5'])
    const found: number[] = []
    for (const compareOne of files) found.push((await compareOne(digestsOf(['m5']), null))[0]!)
    assert.deepEqual(found, [1, 0, 0])
  })

  it('knows of one file what the register knew when it was read', async () => {
    const compareWithRegister = store.delivery.openComparison('default', 'later')
    const many = Array.from({ length: 12_000 }, (_, n) => `m${n}`)
    assert.equal((await compareWithRegister(digestsOf(many), null)).at(5), 0)
    await deliver('later', ['m5'])
    assert.equal((await compareWithRegister(digestsOf(['m5']), null)).at(0), 0)
    const again = store.delivery.openComparison('default', 'later')
    assert.equal((await again(digestsOf(many), null)).at(5), 1)
  })

  it('calls nothing the same that another tenant of the list has delivered since', async () => {
    await deliver('both', ['a', 'b', 'c'])
    await store.sql.executeSql(
      `insert into tenant (id) values ('neighbour') on conflict do nothing;`,
    )
    await store.sql.executeSql(
      `insert into register (tenant_id, list_id) values ('neighbour', 'both')`,
    )
    const copy = async (by: number, id: string): Promise<void> => {
      const digest = createDigestBatch(store.digestKey)
      digest.add(id)
      await store.sql.executeSql(
        `insert into contact_register (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
          select theirs.id, k.contact_digest, k.sealed_id, k.content_hash, k.accepted_seq + $1::int, k.upload_id, k.line
          from contact_register k join register ours on ours.id = k.register_id and ours.tenant_id = 'default' and ours.list_id = 'both',
            register theirs where theirs.tenant_id = 'neighbour' and k.contact_digest = $2::bytea`,
        [by, digest.take()],
      )
    }
    await copy(1, 'a')
    await copy(-1, 'b')
    const contents = Buffer.concat([content(5), content(5), content(5)])
    assert.deepEqual(await compare(['a', 'b', 'c'], contents, 'both'), [1, 2, 2])
    const many = Array.from({ length: 12_000 }, (_, n) => (n === 3 ? 'a' : n === 5 ? 'b' : `m${n}`))
    const found = await compare(many, Buffer.alloc(12_000 * 16, 5), 'both')
    assert.deepEqual([found[3], found[5]], [1, 2])
    const { known: registered } = await store.delivery.registered('default', 'both', ['a', 'b'])
    assert.equal(registered.get('a')?.contentHash.length, 0)
    assert.equal(registered.get('b')?.contentHash.equals(content(5)), true)
  })

  it('calls nothing the same that is in doubt, and knows nothing of before the list was cleared', async () => {
    await store.sql.executeSql(
      `insert into list_clearing (list_id, doubt_seq) values ('list', 1000)`,
    )
    assert.deepEqual(await compare(['a', 'x'], Buffer.alloc(32, 5)), [1, 0])
    const many = ['a', ...Array.from({ length: 11_999 }, () => 'x')]
    const contents = Buffer.alloc(many.length * 16, 5)
    assert.deepEqual((await compare(many, contents)).slice(0, 2), [1, 0])
    await store.sql.executeSql(`update list_clearing set cleared_seq = 1000 where list_id = 'list'`)
    assert.deepEqual(await compare(['a', 'x'], Buffer.alloc(32, 5)), [0, 0])
    assert.deepEqual((await compare(many, contents)).slice(0, 2), [0, 0])
  })
})
