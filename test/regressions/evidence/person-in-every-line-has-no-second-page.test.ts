import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { EvidenceItem } from '../../../src/domain/proof/evidence.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createReadEvidence, type Evidence } from '../../../src/workflows/proof/read-evidence.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const SWITCHBOARD = '+14155550177'
const CALLER = { tenantId: 'default', keyId: 'key_1', scopes: ['audit'], requestId: 'r' } as const

/**
 * All rows of one upload were on one page, whatever their number. A file of a company's employees
 * has the number of the company in every line, so one call made hundreds of thousands of searches.
 */
eachHome('The evidence about a person in many rows of one upload', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const stageRows = async (chunks: readonly (readonly string[])[], rejected = 0): Promise<void> => {
    const id = await beginUpload(store, 'list')
    const digest = subjectDigest(store.digestKey, SWITCHBOARD)
    let line = 2
    const made = chunks.map((contactIds, seq) => {
      const plain = chunkOf(seq, line, [...contactIds], rejected)
      line = plain.lastLine + 1
      const digests = contactIds.map(() => digest)
      return {
        ...plain,
        subjectDigests: Buffer.concat(digests),
        subjectRows: Uint16Array.from(digests.keys()),
      }
    })
    await store.uploads.appendChunks(id, made)
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.uploads.stage({ ...stageInput(id, made[0]!, key), chunks: made.length })
  }

  const readPages = async (limits: object): Promise<EvidenceItem[][]> => {
    const { evidence, uploads, audit, digestKey } = store
    const read = createReadEvidence({ evidence, uploads, audit, digestKey, ids, limits })
    const pages: EvidenceItem[][] = []
    for (let cursor: string | null = null; ;) {
      const { items, next }: Evidence = await read(CALLER, {
        subject: { kind: 'phone', value: SWITCHBOARD },
        ...{ from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', cursor },
      })
      pages.push(items)
      cursor = next
      if (cursor === null) return pages
      assert.ok(pages.length < 20, 'the pages come to no end')
    }
  }

  it('has pages that name each row once, in whatever upload they end', async () => {
    await stageRows([['a1', 'a2'], ['a3', 'a4'], ['a5']])
    await stageRows([['b1'], ['b2'], [], ['b3', 'b4']], 1)
    const idsOf = (pages: EvidenceItem[][]) =>
      pages.map((items) => items.map(({ about }) => about.contactId))

    const [whole] = idsOf(await readPages({}))
    assert.deepEqual(whole, ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'b3', 'b4'])
    assert.deepEqual(idsOf(await readPages({ rows: 3 })), [
      ['a1', 'a2', 'a3', 'a4'],
      ['a5', 'b1', 'b2'],
      ['b3', 'b4'],
    ])
    assert.deepEqual(idsOf(await readPages({ rows: 5 })), [
      ['a1', 'a2', 'a3', 'a4', 'a5'],
      ['b1', 'b2', 'b3', 'b4'],
    ])
    for (const limits of [
      { opened: 1 },
      { opened: 2 },
      { rows: 1, lot: 1 },
      { opened: 3, lot: 1 },
    ]) {
      const pages = idsOf(await readPages(limits))
      assert.ok(pages.length > 2, JSON.stringify(limits))
      assert.deepEqual(pages.flat(), whole, JSON.stringify(limits))
    }
  })
})
