import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { byGateway, createAuditEntry } from '../../../../src/domain/audit/audit.ts'
import type { NewDncChunk } from '../../../../src/domain/do-not-call/dnc-chunk.ts'
import { subjectDigest } from '../../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import type { DncPull } from '../../../../src/workflows/ports/do-not-call/pulls.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { submitEntries } from '../../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const SOURCE = { fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: null } as const
const TERMS = {
  reason: 'UNSPECIFIED',
  ...{ originalReason: null, source: 'genesys' },
  ...{ receivedAt: null, expiresAt: null, contactListIds: null },
} as const
const ANN = '+14155550101'
const [BOB, CAT, DAN] = ['+14155550102', '+14155550103', '+14155550104'] as const

/**
 * A pull was interrupted after it had stored a part of the export, and another process read the
 * export from its beginning. The ledger then listed each rejected line twice, and a person whom the
 * first try had added counted as `created` and also as a duplicate. Its pages left out lines,
 * because a page begins behind a line, and the lines of two tries, or of entries that are sent
 * again, overlap.
 */
eachHome('A pull that begins again', (home) => {
  let store: Store
  let pull: DncPull
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await submitEntries(store, [{ subject: ANN }])
    await pretendSent()
    await store.dncPulls.plan(0)
    const first = await claim('first')
    await readBeginning(first)
    await sendMissing(first)
    await store.sql.executeSql(`update dnc_pull set lease_until = lease_until - interval '2 min'`)
    pull = await claim('second')
    await readBeginning(pull)
    await store.dncPulls.add(pull, chunkOf([[4, CAT]], []), null)
    await submitEntries(store, [{ subject: DAN }])
    await pretendSent()
    await sendMissing(pull)
    const audit = createAuditEntry(ids, byGateway(pull), {
      ...{ action: 'dnc.pulled', object: pull.submissionId },
    })
    const about = { rejections: {}, columns: ['phoneNumber'], notes: [], nextInMs: null }
    await store.dncPulls.finish(
      pull,
      { read: 3, rejected: 1, blank: 0 },
      { ...about, audit, source: SOURCE },
    )
  })
  after(() => store.close())

  const pretendSent = async (): Promise<void> => {
    await store.sql.executeSql(
      `update dnc_submission set state = 'applied', applied_at = now() - interval '1 day' where kind = 'add'`,
    )
    await store.sql.executeSql(`update dnc_entry set outcome = 1
      where submission in (select number from dnc_submission where kind = 'add')`)
  }
  const claim = async (owner: string): Promise<DncPull> => {
    const claimed = await store.dncPulls.claim(owner, { id: ids.newId('dns'), requestId: 'req' })
    assert.ok(claimed)
    return claimed
  }
  const chunkOf = (
    people: readonly (readonly [number, string])[],
    rejected: NewDncChunk['rejected'],
  ): NewDncChunk => {
    const lines = [...people.map(([line]) => line), ...rejected.map(({ line }) => line)]
    return {
      ...{ seq: 0, firstLine: Math.min(...lines), lastLine: Math.max(...lines), rejected },
      subjects: Buffer.concat(people.map(([, subject]) => subjectDigest(store.digestKey, subject))),
      entries: people.map(([line, subject]) => ({
        ...{ line, cells: [subject], kind: 'phone', subject, terms: 0, quarantined: false },
      })),
      terms: [TERMS],
    }
  }
  /** A try reads line 2, which names a person, and line 3, which it rejects. */
  const readBeginning = async (own: DncPull): Promise<void> => {
    await store.dncPulls.dropRejected(own)
    const isNew = (await store.dncPulls.sift(own, chunkOf([[2, BOB]], []).subjects)).length > 0
    const cause = { code: 'phone-invalid', column: 'phoneNumber' } as const
    const rejected = [{ line: 3, cells: ['12'], ...cause }] as unknown as NewDncChunk['rejected']
    await store.dncPulls.add(own, chunkOf(isNew ? [[2, BOB]] : [], rejected), null)
  }
  /** Has what Genesys no longer has sent again. */
  const sendMissing = async (own: DncPull): Promise<void> => {
    for (const missing of await store.dncPulls.missing(own, { submission: '0', seq: -1 })) {
      const { entries } = await store.dncSubmissions.readChunk(missing.submissionId, missing.seq)
      const again = missing.places.map((place) => [1, entries[place]!.subject] as const)
      await store.dncPulls.add(own, chunkOf(again, []), missing)
    }
  }
  const ledger = async (afterLine: number) => {
    const submission = await store.dncSubmissions.find('default', pull.submissionId)
    const found = []
    for await (const rows of store.dncSubmissions.ledgerRows(submission!, {
      ...{ outcomes: [], afterLine },
    })) {
      found.push(...rows)
    }
    return found
  }

  it('lists each line of the export once, and counts each person once', async () => {
    const rows = await ledger(0)
    assert.deepEqual(
      rows.map(({ cells }) => cells[0]),
      [BOB, ANN, '12', CAT, DAN],
    )
    const { counts } = (await store.dncSubmissions.find('default', pull.submissionId))!
    const { read, accepted, created, rejected, duplicates } = counts
    assert.deepEqual(
      { read, accepted, created, rejected, duplicates },
      { read: 5, accepted: 4, created: 2, rejected: 1, duplicates: 0 },
    )
  })

  it('has, after each line, a page that begins with the next line', async () => {
    const rows = await ledger(0)
    for (const [index, { line }] of rows.entries()) {
      assert.deepEqual(await ledger(line), rows.slice(index + 1))
    }
  })
})
