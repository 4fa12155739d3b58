import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { createReadAudit } from '../../../src/workflows/audit/read-audit.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const BLOCKS = 5
/** What a verification says of the blocks whose time the test has changed. */
const OF_AGED: ReadonlySet<string> = new Set(['block-changed', 'signature-invalid'])

/**
 * Retention deleted the old blocks first. The chainer wrote the record of that into the chain up to
 * a second later. A verification in between, and an export that somebody kept from then, said that
 * the beginning of the chain was missing.
 */
eachHome('While retention deletes old audit entries', (home) => {
  let store: Store
  const run = (text: string) => store.sql.executeSql(text)
  const chain = () => store.auditChain.chainNext('me')
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    for (let block = 0; block < BLOCKS; block += 1) {
      await store.audit.append([audit('key.revoked', ids.newId('key'))])
      await chain()
    }
  })
  after(() => store.close())

  const verified = async () => {
    const reading = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const { faults, firstBlock } = await reading.verify({
      ...{ fromBlock: null, blocks: 1_000, head: null },
    })
    return { faults: faults.filter(({ kind }) => !OF_AGED.has(kind)), firstBlock }
  }
  /** Makes the blocks up to this one five years old. */
  const age = (through: number) =>
    run(`begin; set local session_replication_role = 'replica';
      update audit_block set at = '2020-01-01T00:00:00.000000Z' where block <= ${through}; commit`)

  it('the chain is whole after every step, and nothing is deleted before the chain records it', async () => {
    await run(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    const claim = (await store.upkeep.claim('me'))!
    const sweep = () => store.upkeep.retention.sweep(claim, 'audit-entries')
    const steps: [step: string, deleted: number | null, firstBlock: number | null][] = []
    for (const through of [2, 4]) {
      await age(through)
      // The second of these sweeps comes before the chainer, as it may.
      for (const step of ['sweep', 'sweep', 'chain', 'sweep', 'sweep', 'chain']) {
        const deleted = step === 'sweep' ? (await sweep())!.deleted : (await chain(), null)
        const { firstBlock, faults } = await verified()
        steps.push([step, deleted, firstBlock])
        assert.deepEqual(faults, [], JSON.stringify(steps))
      }
    }
    assert.deepEqual(steps, [
      ...[1, 3].flatMap((first): typeof steps => [
        ['sweep', 0, first],
        ['sweep', 0, first],
        ['chain', null, first],
        ['sweep', 1, first + 2],
        ['sweep', 0, first + 2],
        ['chain', null, first + 2],
      ]),
    ])
  })

  it('the database deletes nothing that the chain does not record', async () => {
    await age(5)
    const entry = audit('key.revoked', ids.newId('key'))
    const details = { throughBlock: 5, throughHash: '0'.repeat(64) }
    const other = audit('key.revoked', ids.newId('key'))
    const forged = { ...other, action: 'audit.pruned', details } as typeof other
    await store.audit.append([entry, forged])
    const attempts = [entry.id, forged.id].map((id) => `select audit_prune('${id}')`)
    for (const attempt of attempts) await assert.rejects(run(attempt))
    await chain()
    for (const attempt of attempts) await assert.rejects(run(attempt))
    assert.equal((await verified()).firstBlock, 5)
  })
})
