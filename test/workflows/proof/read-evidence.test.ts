import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type {
  EvidenceDraft,
  EvidenceStore,
  RowTry,
  WalkedUpload,
} from '../../../src/workflows/ports/proof/evidence.ts'
import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createReadEvidence, type Evidence } from '../../../src/workflows/proof/read-evidence.ts'

const CALLER = { tenantId: 'acme', keyId: 'key_1', requestId: 'req_1', scopes: ['audit'] } as const
const SUBJECT = { kind: 'phone', value: '+14155557871' } as const
const at = (second: number): string => new Date(second * 1_000).toISOString()
const idOf = (second: number): string => `upl_${second.toString(16).padStart(32, '0')}`

const entry = (second: number): EvidenceDraft => ({
  ...{ at: at(second), code: 'entry-accepted', id: `dns_${second}`, about: {}, trail: null },
})
const upload = (second: number, more: Partial<WalkedUpload> = {}): WalkedUpload => ({
  ...{ id: idOf(second), contactListId: 'list', createdAt: at(second), checkedAt: at(second) },
  ...{ settledAt: at(second + 1), chunks: 1, rowsKept: true, ...more },
})

type World = {
  entries?: EvidenceDraft[]
  uploads?: WalkedUpload[]
  tries?: RowTry[]
  row?: Partial<LedgerRow>
  limits?: object
  /** Uploads whose rows are deleted while they are being searched. */
  goneIds?: string[]
}

/** Every upload has the person in line 2. */
const reading = (world: World) => {
  const { entries = [], uploads = [], tries = [], row = {}, limits = {}, goneIds = [] } = world
  const audited: AuditEntry[] = []
  const walked: string[] = []
  const searches: number[] = []
  const evidence: EvidenceStore = {
    decisions: async () => entries,
    uploadsBehind: async ({ after, limit }) =>
      uploads.filter(({ id }) => id > after).slice(0, limit),
    rowsOf: async ({ uploadIds: ids }) => {
      walked.push(...ids)
      searches.push(ids.length)
      const place = { seq: 0, row: 0 }
      return {
        rows: ids
          .filter((id) => !goneIds.includes(id))
          .map((uploadId) => ({ uploadId, line: 2, match: 'digest', place })),
        opened: ids.length,
        goneIds: new Set(goneIds),
        endedAt: null,
      }
    },
    triesOf: async () => tries,
    complete: async (drafts) =>
      drafts.map(({ at: time, code, id, about }) => ({
        ...{ at: time, code, id, about, auditEntryId: null },
      })),
  }
  const ledger: LedgerRow = {
    ...{ line: 2, outcome: 'suppressed', contactId: 'c', code: 'suppressed-dnc', column: null },
    ...{ cells: [], replacedByLine: null, ...row },
  }
  const read = createReadEvidence({
    evidence,
    uploads: { ledger: async () => ({ rows: [ledger], nextLine: null }) },
    audit: {
      append: async (some) => {
        audited.push(...some)
      },
    },
    digestKey: Buffer.alloc(32, 1),
    ids: { newId: (prefix) => `${prefix}_1`, newUuid: () => '1' },
    limits,
  })
  const page = (cursor: string | null, times: { from?: string; to?: string } = {}) =>
    read(CALLER, { subject: SUBJECT, from: at(0), to: at(1_000), cursor, ...times })
  const pages = async (): Promise<Evidence[]> => {
    const all: Evidence[] = []
    for (let cursor: string | null = null; ;) {
      const next = await page(cursor)
      all.push(next)
      cursor = next.next
      if (cursor === null) return all
      assert.ok(all.length < 50, 'the pages come to no end')
    }
  }
  return { page, pages, audited, walked, searches }
}

const shown = ({ items }: Evidence): string[] => items.map(({ code, id }) => `${code} ${id}`)

describe('Evidence about a person', () => {
  it('is searched in few statements where uploads are small, and in parts where they are large', async () => {
    const many = Array.from({ length: 1_200 }, (_, second) => upload(second + 1))
    const small = reading({ uploads: many, limits: { opened: 10_000 } })
    await small.pages()
    assert.deepEqual(small.searches, [500, 500, 200])
    const large = reading({
      uploads: [3, 4, 6, 7].map((second) => upload(second, { chunks: 300 })),
    })
    await large.pages()
    assert.deepEqual(large.searches, [1, 1, 1, 1])
  })

  it('is told in pages that have each decision once, and each upload walked once', async () => {
    const entries = [1, 2, 2, 5, 8, 8, 20].map(entry)
    const uploads = [3, 4, 6, 7, 9].map((second) => upload(second))
    const whole = await reading({ entries, uploads }).pages()
    assert.equal(whole.length, 1)
    for (const limits of [
      { items: 2 },
      { items: 1, lot: 1 },
      { uploads: 1, lot: 1 },
      { opened: 2, lot: 2 },
      { chunks: 3, lot: 1, items: 3 },
    ]) {
      const { pages, walked } = reading({ entries, uploads, limits })
      const all = await pages()
      assert.ok(all.length > 1, JSON.stringify(limits))
      assert.deepEqual(all.flatMap(shown).toSorted(), shown(whole[0]!).toSorted())
      assert.deepEqual(
        walked,
        uploads.map(({ id }) => id),
      )
      for (const page of all) {
        const times = page.items.map((item) => Date.parse(item.at))
        assert.deepEqual(
          times,
          times.toSorted((one, other) => one - other),
        )
      }
    }
  })

  it('counts uploads whose rows are gone, and does not look into them', async () => {
    const uploads = [upload(1, { rowsKept: false }), upload(2)]
    const { page, walked } = reading({ uploads })
    assert.equal((await page(null)).uploadsWithoutRows, 1)
    assert.deepEqual(walked, [idOf(2)])
  })

  it('counts uploads whose rows are deleted in that very moment, and tells the rest', async () => {
    const { page } = reading({ uploads: [upload(1), upload(3)], goneIds: [idOf(1)] })
    const told = await page(null)
    assert.equal(told.uploadsWithoutRows, 1)
    assert.deepEqual([...new Set(told.items.map(({ id }) => id))], [idOf(3)])
  })

  it('says what became of a row: at the file, at each request, at its end', async () => {
    const request = (requestId: string, lastTriedAt: string | null, settledAt: string | null) => ({
      ...{ requestId, batchId: requestId, tries: 1, lastTriedAt, jobId: null, settledAt },
    })
    const tries = [
      request('r1', at(4), null),
      request('r2', null, null),
      request('r3', at(6), at(7)),
    ]
    const { page } = reading({
      uploads: [upload(1)],
      tries,
      row: { outcome: 'delivered', code: null },
    })
    assert.deepEqual(
      (await page(null)).items.map(({ at: time, code, about }) => [
        ...[Date.parse(time) / 1_000, code, about.requestId ?? about.timeOf],
      ]),
      [
        [1, 'row-accepted', undefined],
        [4, 'row-tried', 'r1'],
        [6, 'row-tried', 'r3'],
        [7, 'row-delivered', 'request'],
      ],
    )
  })

  it('says that the end of a row which no request settled is that of its upload', async () => {
    const suppressedBy = {
      ...{ dncListId: 'dnc', submissionId: 'dns_1', reason: 'UNSPECIFIED' as const },
      ...{ registry: null, editionId: null },
    }
    const row = { outcome: 'unprocessed', code: 'suppressed-since', suppressedBy }
    const [accepted, end] = (await reading({ uploads: [upload(1)], row }).page(null)).items
    assert.equal(accepted?.code, 'row-accepted')
    assert.deepEqual(
      [end?.at, end?.code, end?.about.code, end?.about.timeOf],
      [at(2), 'row-unprocessed', 'suppressed-since', 'upload'],
    )
    assert.deepEqual(end?.about.suppressedBy, suppressedBy)
  })

  it('is audited by digest, with its times in UTC', async () => {
    const { page, audited } = reading({ entries: [entry(1)] })
    const { subjectDigest, by, from } = await page(null, { from: '1970-01-01T02:00:00+02:00' })
    assert.deepEqual([by, from], ['phoneNumber', at(0)])
    const [note] = audited
    assert.deepEqual(
      [note?.action, note?.object, note?.digest, note?.counts, note?.details],
      ['evidence.read', subjectDigest, subjectDigest, { items: 1 }, { from: at(0), to: at(1_000) }],
    )
    assert.ok(!JSON.stringify(audited).includes(SUBJECT.value.slice(1)))
  })

  it('is refused for a time without length and a cursor of nobody', async () => {
    const { page, audited } = reading({})
    const withCode = (code: string) => (error: unknown) =>
      error instanceof GatewayProblem && error.code === code
    await assert.rejects(page(null, { to: at(0) }), withCode('evidence-time-invalid'))
    await assert.rejects(page('nobody'), withCode('evidence-cursor-invalid'))
    assert.deepEqual(audited, [])
  })
})
