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
const WHOLE = { fromBlock: null, blocks: 9_999, head: null }

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
    // The deletion is recorded in the chain, and then done.
    assert.equal((await store.upkeep.retention.sweep(claim, 'audit-entries'))?.waits, true)
    await chain()
    assert.equal((await store.upkeep.retention.sweep(claim, 'audit-entries'))?.deleted, 1)
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

  /**
   * Verifies a chain of at least 250 blocks. Retention deletes blocks during the first
   * verifications, after each has read 100 blocks: all but the newest `kept[0]`, then all but the
   * newest `kept[1]`.
   */
  const verifiedWhile = async (kept: readonly number[]) => {
    const { firstBlock } = await createReadAudit(deps(store.auditReader)).verify(WHOLE)
    while ((await store.auditReader.state()).block - (firstBlock ?? 0) < BLOCKS) await chain()
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
          const left = kept[reads - 1]
          if (left !== undefined && batches === 2) await prune(block - left)
        }
      },
    }
    const { ok, faults, firstBlock: begins } = await createReadAudit(deps(reader)).verify(WHOLE)
    return { ok, faults, reads, blocksLeft: begins === null ? 0 : block - begins + 1 }
  }
  const deps = (reader: AuditReader) => ({ reader, signingKeys: store.signing })

  it('is verified anew when retention deletes blocks meanwhile, each time that it does', async () => {
    const verdict = await verifiedWhile([140, 20])
    assert.deepEqual(verdict, { ok: true, faults: [], reads: 3, blocksLeft: 20 })
  })

  it('is whole for a reader that has read the blocks before retention deletes them', async () => {
    const verdict = await verifiedWhile([140, 60])
    assert.deepEqual(verdict, { ok: true, faults: [], reads: 2, blocksLeft: 140 })
  })
})
