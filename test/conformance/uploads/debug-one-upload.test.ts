import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, stageUpload } from '../../support/stages/store-uploads.ts'

const statements = [
  ...readFileSync('docs/debug-one-upload.md', 'utf8').matchAll(/^```sql\n([\s\S]*?)^```/gm),
].flatMap(([, block = '']) => block.split(';').filter((text) => text.trim() !== ''))

eachHome('The statements of docs/debug-one-upload.md', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('run, and show the lane, the upload and what is audited of it', async () => {
    const { id } = await stageUpload(store, { accepted: ['a'] })
    await store.audit.append([audit('upload.held', id)])
    const shown = await Promise.all(
      statements.map((text) => store.sql.executeSql(text.replaceAll('upl_…', id))),
    )
    assert.equal(shown.length, 5)
    const [lane, uploads, batches, audits] = shown.map(({ rows }) => rows)
    assert.equal(lane?.length, 1)
    assert.deepEqual(
      uploads?.map((row) => (row as { id: string }).id),
      [id],
    )
    assert.deepEqual(batches, [])
    assert.ok(audits && audits.length > 0)
  })
})
