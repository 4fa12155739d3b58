import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { createReadAudit } from '../../src/workflows/audit/read-audit.ts'
import { type AuditReader, PrunedBeside } from '../../src/workflows/ports/audit/chain.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { audit, ids } from '../support/stages/store-uploads.ts'

/** Each block has one entry. */
const BLOCKS = 250
/**
 * One batch about the export, one about its end, and between them one for each statement. A
 * statement reads many blocks.
 */
const MOST_BATCHES = 6

eachHome('An audit trail of many small blocks', (home) => {
  let store: Store
  const run = (text: string) => store.sql.executeSql(text)
  const chain = async (): Promise<void> => {
    await store.audit.append([audit('key.revoked', ids.newId('key'))])
    await store.auditChain.chainNext('me')
  }
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    for (let block = 0; block < BLOCKS; block += 1) await chain()
  })
  after(() => store.close())

  /** Makes these blocks five years old, and lets retention delete them. */
  const prune = async (through: number): Promise<void> => {
    await run(`begin; set local session_replication_role = 'replica';
      update audit_block set at = '2020-01-01T00:00:00.000000Z' where block <= ${through}; commit`)
    await run(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    const claim = (await store.upkeep.claim('me'))!
    assert.equal((await store.upkeep.retention.sweep(claim, 'audit-entries'))?.deleted, 1)
    await chain()
  }

  it('is exported with few statements', async () => {
    let batches = 0
    let blocks = 0
    for await (const lines of store.auditReader.lines(null, null, null)) {
      batches += 1
      blocks += lines.filter(({ type }) => type === 'block').length
    }
    assert.ok(blocks >= BLOCKS)
    assert.ok(batches <= MOST_BATCHES, `${batches} batches for ${blocks} blocks`)
  })

  it('breaks off when retention deletes what an export was to read, and never leaves it out', async () => {
    const lines = store.auditReader.lines(null, null, null)
    await lines.next()
    await lines.next()
    await prune(BLOCKS - 60)
    await assert.rejects(async () => {
      for await (const _ of lines);
    }, PrunedBeside)
  })

  it('is verified anew when retention deletes blocks meanwhile, in several steps', async () => {
    while ((await store.auditReader.state()).block < 2 * BLOCKS) await chain()
    const { block } = await store.auditReader.state()
    let reads = 0
    const reader: AuditReader = {
      ...store.auditReader,
      lines: async function* (...asked) {
        reads += 1
        let batches = 0
        for await (const more of store.auditReader.lines(...asked)) {
          yield more
          batches += 1
          if (reads <= 2 && batches === 2) await prune(block - (reads === 1 ? 150 : 60))
        }
      },
    }
    const verifier = createReadAudit({ reader, signingKeys: store.signing })
    const verdict = await verifier.verify({ fromBlock: null, blocks: 9_999, head: null })
    assert.deepEqual([verdict.ok, verdict.faults, reads], [true, [], 3])
    assert.equal(verdict.firstBlock, block - 59)
  })
})
