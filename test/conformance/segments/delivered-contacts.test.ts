import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const CONTACTS = 4_000
const idsFrom = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

eachHome('Contacts that were delivered', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    const old = await stageUpload(store, { list: 'people', accepted: idsFrom('p', CONTACTS) })
    const newer = await stageUpload(store, { list: 'people', accepted: ['p1', 'p2'] })
    const others = await stageUpload(store, { list: 'others', accepted: idsFrom('o', 10) })
    // Lines of a staged upload begin with 2. The lines of p1 and p2 were delivered again since.
    await store.sql.executeSql(`
      insert into register (tenant_id, list_id) values ('default', 'people'), ('default', 'others'), ('stranger', 'people')
      on conflict do nothing`)
    const known = async (tenant: string, list: string, upload: string, condition: string) => {
      await store.sql.executeSql(`insert into contact_register
          (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
        select id, decode(md5('${list}' || '${tenant}' || n), 'hex'), '', '', 5, '${upload}', n + 2
        from register, generate_series(0, ${CONTACTS - 1}) n
        where tenant_id = '${tenant}' and list_id = '${list}' and ${condition}`)
    }
    await known('default', 'people', old.id, 'n not in (1, 2)')
    await known('default', 'others', others.id, 'n < 10')
    await known('stranger', 'people', old.id, 'n < 7')
    await store.sql.executeSql(`insert into contact_register
        (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
      select id, decode(md5('x' || n), 'hex'), '', '', 6, '${newer.id}', n + 2
      from register, generate_series(0, 1) n where tenant_id = 'default' and list_id = 'people'`)
  })
  after(() => store.close())

  const read = async (lists: string[], share: number, known = CONTACTS) => {
    const found: string[] = []
    for await (const lot of store.deliveredContacts.read('default', lists, { known, share })) {
      for (const { contactListId, reachedBy, cellOf } of lot) {
        const cell = cellOf('phone') ?? ''
        assert.match(cell, /^cell-[po]\d+$/)
        assert.deepEqual(reachedBy, [cell])
        assert.equal(cellOf('nowhere'), undefined)
        found.push(`${contactListId} ${cell.slice('cell-'.length)}`)
      }
    }
    return found
  }

  it('are each read once, with its newest content, of the tenant and the lists alone', async () => {
    assert.equal(await store.deliveredContacts.count('default', ['people']), CONTACTS)
    assert.equal(
      await store.deliveredContacts.count('default', ['people', 'others']),
      CONTACTS + 10,
    )
    assert.equal(await store.deliveredContacts.count('stranger', ['people', 'others']), 7)
    assert.equal(await store.deliveredContacts.count('default', ['nowhere']), 0)
    const found = await read(['people', 'others'], 1)
    assert.equal(found.length, CONTACTS + 10)
    assert.equal(new Set(found).size, CONTACTS + 10)
  })

  it('make a sample in which each has the same chance, wherever in its file it stands, and the same sample again', async () => {
    const found = await read(['people'], 0.25)
    // A thousand, plus or minus five standard deviations.
    assert.ok(Math.abs(found.length - 1_000) < 140, `${found.length} of a quarter`)
    for (let quarter = 0; quarter < 4; quarter += 1) {
      const here = found.filter(
        (one) => Math.floor((Number(one.slice(8)) * 4) / CONTACTS) === quarter,
      )
      assert.ok(Math.abs(here.length - 250) < 75, `${here.length} of quarter ${quarter}`)
    }
    assert.deepEqual(await read(['people'], 0.25), found)
    // The sample is the same however many statements read it.
    const bySmaller = await read(['people'], 0.25, 100_000)
    assert.deepEqual(bySmaller.toSorted(), found.toSorted())
    assert.equal((await read(['people'], 1, 100_000)).length, CONTACTS)
  })
})
