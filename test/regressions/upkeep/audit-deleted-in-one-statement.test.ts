import assert from 'node:assert/strict'
import { it } from 'node:test'

import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const BLOCKS = 200
const ENTRIES_A_BLOCK = 500
/** A deletion of this many entries takes a second, far less than a statement may take. */
const MOST_AT_ONCE = 50_000

const home = serverHome()

/**
 * One statement deleted everything that was due. After an hour without retention, a busy gateway
 * has millions of entries to delete. The statement then took longer than a statement may take, so
 * nothing was deleted, and there was more to delete each time that retention tried again.
 */
it(
  'however many audit entries are past their retention, one transaction deletes only some of them',
  { skip: home.skip },
  async (test) => {
    test.after(() => home.close())
    const store = await openTestStore(await home.fresh())
    test.after(() => store.close())
    const run = (text: string) => store.sql.executeSql(text)
    const count = async (table: string): Promise<number> =>
      ((await run(`select count(*)::int as n from ${table}`)).rows[0] as { n: number }).n
    const chain = async (): Promise<void> => {
      await store.audit.append([audit('key.revoked', ids.newId('key'))])
      await store.auditChain.chainNext('me')
    }
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await chain()
    const entries = BLOCKS * ENTRIES_A_BLOCK
    // The real blocks come after made ones that are five years old.
    await run(`begin; set local session_replication_role = 'replica';
      update audit_block set block = block + ${BLOCKS}, first_entry = first_entry + ${entries};
      update audit_place set seq = seq + ${entries};
      update audit_chain set block = block + ${BLOCKS}, entries = entries + ${entries};
      insert into audit_entry (id, at, tenant_id, actor, action, object, outcome, xid, request_id, attempt, counts)
        select 'old_' || n, '2020-01-01Z', 'default', 'gateway', 'upload.moved', 'upl_' || n, 'ok', '1', 'r', 1, '{}'
        from generate_series(1, ${entries}) as n;
      insert into audit_place (entry_id, seq, hash) select 'old_' || n, n, '' from generate_series(1, ${entries}) as n;
      insert into audit_block (block, first_entry, entries, entries_hash, previous, at, signed_by, hash, signature)
        select n, (n - 1) * ${ENTRIES_A_BLOCK} + 1, ${ENTRIES_A_BLOCK}, '', '', '2020-01-01T00:00:00.000000Z', signed_by, 'hash' || n, ''
        from audit_block b, generate_series(1, ${BLOCKS}) as n where b.block = ${BLOCKS} + 1; commit`)
    await run('analyze')
    await run(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    const claim = (await store.upkeep.claim('me'))!
    const left: number[] = [await count("audit_place where entry_id like 'old\\_%'")]
    while (left.at(-1)! > 0) {
      const lot = await store.upkeep.retention.sweep(claim, 'audit-entries')
      assert.equal(lot?.more, true)
      if (lot.waits) await chain()
      else left.push(await count("audit_place where entry_id like 'old\\_%'"))
    }
    const deleted = left.slice(1).map((now, at) => left[at]! - now)
    assert.ok(Math.max(...deleted) <= MOST_AT_ONCE, deleted.join(', '))
    assert.equal(await count(`audit_entry where id like 'old\\_%'`), 0)
    assert.equal(await count(`audit_block where block <= ${BLOCKS}`), 0)
  },
)
