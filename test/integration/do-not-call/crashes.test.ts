import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { embeddedHome, openTestStore, serverHome } from '../../support/databases/database.ts'
import { setDncStage, type DncStage } from '../../support/do-not-call/dnc-stage.ts'

let used = 0
const numbers = (count: number): string[] =>
  Array.from({ length: count }, () => `+1415${String(2_000_000 + (used += 1))}`)
const MOST_STEPS = 100

/**
 * Each dialect runs on one home only. The conformance tests cover the differences between homes.
 */
for (const [dialect, home] of [
  ['guide', serverHome()],
  ['platform', embeddedHome()],
] as const) {
  const name = `Do-not-call entries and a process that is killed (${dialect}, ${home.kind} home)`
  describe(name, { skip: home.skip }, () => {
    let store: Store
    let stage: DncStage
    before(async () => {
      store = await openTestStore(await home.fresh())
      await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    })
    after(async () => {
      await store.close()
      await home.close()
    })
    beforeEach(async () => {
      stage = await setDncStage(store, dialect)
    })
    afterEach(() => stage.close())

    const suppressed = async (subjects: readonly string[]): Promise<number> => {
      const digests = subjects.map((one) => subjectDigest(store.digestKey, one))
      return (await store.suppressions.suppressedAmong('any', Buffer.concat(digests))).size
    }
    const rowsOf = async (table: string): Promise<number> => {
      const { rows } = await store.sql.executeSql(`select count(*)::int as n from ${table}`)
      return (rows[0] as { n: number }).n
    }

    it('are all received or none at whatever step of receiving it ends, and once however often the call is repeated', async () => {
      let killed = 0
      for (let step = 1; step < MOST_STEPS; step += 1) {
        const subjects = numbers(3)
        const entries = subjects.map((phoneNumber) => ({ phoneNumber }))
        const key = crypto.randomUUID()
        const before = await rowsOf('dnc_submission')
        const dying = stage.process(step)
        await dying.submit(entries, key)
        if (!dying.killed) {
          assert.ok(killed >= 8, `only ${killed} steps`)
          return
        }
        killed += 1
        assert.ok([0, 3].includes(await suppressed(subjects)), `half of them after step ${step}`)
        await stage.sweep()
        const again = await stage.process().submit(entries, key)
        assert.equal(again?.counts.accepted, 3)
        assert.equal(await suppressed(subjects), 3)
        assert.equal(await rowsOf('dnc_submission'), before + 1)
      }
      assert.fail('no process came to its end')
    })

    it('are in Genesys, told and counted once at whatever step of sending it ends', async () => {
      let killed = 0
      for (let step = 1; step < MOST_STEPS; step += 1) {
        const [plain, strict, other] = numbers(3)
        const submission = await stage
          .process()
          .submit([
            { phoneNumber: plain },
            { phoneNumber: strict, reason: 'REGULATORY' },
            { phoneNumber: other },
          ])
        const dying = stage.process(step)
        await dying.drain()
        const wasKilled = dying.killed
        await stage.process().drain()
        const done = await stage.find(submission!.id)
        assert.deepEqual([done.state, done.counts.created, done.problem], ['applied', 3, null])
        const { there } = stage
        for (const number of [plain!, strict!, other!]) {
          assert.ok(there()[number], `lost by a kill at step ${step}`)
          // Under its key, a request that is sent again has no second effect. The platform has no
          // keys and applies the request once more.
          if (dialect === 'guide') assert.equal(there()[number]?.writes, 1, `step ${step}`)
        }
        const { rows } = await store.sql.executeSql(
          `select action, count(*)::int as n from audit_entry where object = $1 and action <> 'dnc.moved' group by action order by action`,
          [done.id],
        )
        assert.deepEqual(rows, [
          { action: 'dnc.accepted', n: 1 },
          { action: 'dnc.sent', n: dialect === 'guide' ? 2 : 1 },
        ])
        if (!wasKilled) {
          assert.ok(killed >= 10, `only ${killed} steps`)
          return
        }
        killed += 1
      }
      assert.fail('no process came to its end')
    })

    // The platform names no entries, and refuses only whole requests.
    if (dialect === 'platform') return

    it('are all there after a kill in the middle of refusals, and nobody is blamed for another', async () => {
      let killed = 0
      for (let step = 1; step < MOST_STEPS; step += 5) {
        const subjects = numbers(6)
        stage.sandbox.setFaults([{ kind: 'dnc-refused', numbers: [subjects[4]!], named: 'none' }])
        const submission = await stage
          .process()
          .submit(subjects.map((phoneNumber) => ({ phoneNumber })))
        const dying = stage.process(step)
        await dying.drain()
        const wasKilled = dying.killed
        await stage.process().drain()
        const done = await stage.find(submission!.id)
        assert.deepEqual(
          [done.state, done.counts.created, done.counts.failed],
          ['applied_with_errors', 5, 1],
          `step ${step}`,
        )
        const missing = subjects.filter((number) => !(number in stage.there()))
        assert.deepEqual(missing, [subjects[4]])
        assert.equal(await suppressed(subjects), 6)
        if (!wasKilled) {
          assert.ok(killed >= 4, `only ${killed} steps`)
          return
        }
        killed += 1
      }
      assert.fail('no process came to its end')
    })
  })
}
