import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { byGateway, createAuditEntry } from '../../../../src/domain/audit/audit.ts'
import { subjectDigest } from '../../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import type { DncPull } from '../../../../src/workflows/ports/do-not-call/pulls.ts'
import { StagingLost } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { holdLane, submitEntries } from '../../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const [ANN, BOB] = ['+14155550101', '+14155550102'] as const
const SOURCE = { fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: null } as const

/**
 * A process was frozen for minutes while it read an export, and another process had taken its pull
 * over. Only the end of a pull compared the holder, and the heartbeat notices the loss seconds
 * later. Until then, the first process noted people of its older export as present in Genesys, and
 * added entries to a submission that had ended.
 */
eachHome('A pull that another process has taken over', (home) => {
  let store: Store
  let frozen: DncPull
  let present: DncPull
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await submitEntries(store, [{ subject: ANN }])
    const lane = await holdLane(store)
    await lane.drain()
    await lane.letGo()
    await store.dncPulls.plan(0)
    frozen = await claim('frozen')
    await run(`update dnc_pull set lease_until = lease_until - interval '2 minutes'`)
    present = await claim('present')
    assert.equal(present.submissionId, frozen.submissionId)
  })
  after(() => store.close())

  const run = async (text: string): Promise<Record<string, unknown>[]> =>
    (await store.sql.executeSql(text)).rows as Record<string, unknown>[]
  const claim = async (owner: string): Promise<DncPull> => {
    const about = { id: ids.newId('dns'), requestId: 'req' }
    const pull = await store.dncPulls.claim(owner, about)
    assert.ok(pull)
    return pull
  }
  const digest = (subject: string): Buffer => subjectDigest(store.digestKey, subject)
  const addBob = (pull: DncPull) =>
    store.dncPulls.add(
      pull,
      {
        ...{ seq: 0, firstLine: 2, lastLine: 2, rejected: [], subjects: digest(BOB) },
        entries: [
          { line: 2, cells: [BOB], kind: 'phone', subject: BOB, terms: 0, quarantined: false },
        ],
        terms: [
          {
            ...{ reason: 'UNSPECIFIED', originalReason: null, source: 'genesys' },
            ...{ receivedAt: null, expiresAt: null, contactListIds: null },
          },
        ],
      },
      null,
    )

  it('does not hide from its successor that Genesys has lost a person', async () => {
    await assert.rejects(store.dncPulls.sift(frozen, digest(ANN)), StagingLost)
    const missing = await store.dncPulls.missing(present, { submission: '0', seq: -1 })
    assert.deepEqual(
      missing.map(({ places }) => places),
      [[0]],
    )
  })

  it('adds nothing, neither beside its successor nor after the pull has ended', async () => {
    await assert.rejects(addBob(frozen), StagingLost)
    await store.dncPulls.finish(
      present,
      { read: 0, rejected: 0, blank: 0 },
      {
        ...{ rejections: {}, columns: [], notes: [], nextInMs: null, source: SOURCE },
        audit: createAuditEntry(ids, byGateway(present), {
          ...{ action: 'dnc.pulled', object: present.submissionId },
        }),
      },
    )
    await assert.rejects(addBob(frozen), StagingLost)
    assert.deepEqual(await run(`select accepted from dnc_submission where kind = 'pull'`), [
      { accepted: 0 },
    ])
  })
})
