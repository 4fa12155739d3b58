import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import type {
  ExplainStore,
  RegisterEntry,
} from '../../../../src/workflows/ports/uploads/explain.ts'
import { StagingLost } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { createExplainContact } from '../../../../src/workflows/uploads/watch/explain-contact.ts'
import { makeUpload } from '../../../support/memory/made-uploads.ts'

const caller = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }
const ask = { caller, contactListId: 'list-1', contactId: 'C-1', cursor: null }
const ENTRY: RegisterEntry = {
  uploadId: 'upl_2',
  line: 3,
  acceptedSeq: 8,
  deliveredAt: '2026-03-01T12:00:00.000Z',
  inDoubt: false,
}

/** Two uploads of the contact. `upl_2` is the newer one and superseded a row of `upl_1`. */
const setUp = (about: {
  entry: RegisterEntry | null
  page: 'both' | 'none' | 'more' | null
  cleared?: { acceptedSeq: number; at: string }
  /** An upload whose rows are deleted after it is found. */
  goneId?: string
}) => {
  const uploads = [
    { upload: makeUpload([], { id: 'upl_2', acceptedSeq: 8 }), lines: [3] },
    { upload: makeUpload([], { id: 'upl_1', acceptedSeq: 7 }), lines: [2, 5] },
  ]
  const pages: Record<string, Awaited<ReturnType<ExplainStore['uploadsOf']>>> = {
    both: { items: uploads, next: null },
    none: { items: [{ ...uploads[0]!, lines: [] }], next: null },
    more: { items: [], next: 'older' },
  }
  return createExplainContact({
    explain: {
      uploadsOf: async () => (about.page === null ? null : pages[about.page]!),
      registerEntry: async () => about.entry,
      linesOf: async () => [],
      lastCleared: async () => about.cleared ?? null,
      requestsOf: async () => [],
    },
    uploads: {
      ledger: async (uploadId, { afterLine, limit }) => {
        assert.equal(limit, 1)
        if (uploadId === about.goneId) throw new StagingLost('gone')
        const line = afterLine + 1
        const old = uploadId === 'upl_1'
        const code = old ? (line === 5 ? 'superseded' : null) : null
        const outcome = old ? (line === 5 ? 'unprocessed' : 'duplicate') : 'delivered'
        const row = {
          line,
          outcome,
          contactId: 'C-1',
          code,
          column: null,
          cells: [],
          replacedByLine: null,
        }
        return { rows: [row], nextLine: null }
      },
    },
  })
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof GatewayProblem ? error.code : 'other'),
  )

describe('Explaining a contact', () => {
  it('tells its rows, the last line of an upload first, the meaning of their codes and what took their place', async () => {
    const found = await setUp({ entry: ENTRY, page: 'both' })(ask)
    assert.deepEqual(
      found.items.map((item) => [item.uploadId, item.line, item.outcome, item.supersededBy]),
      [
        ['upl_2', 3, 'delivered', null],
        ['upl_1', 5, 'unprocessed', 'upl_2'],
        ['upl_1', 2, 'duplicate', 'upl_2'],
      ],
    )
    assert.match(
      found.items[1]!.reason!,
      /^A later upload has already delivered newer content of the contact/,
    )
    const { acceptedSeq: _seq, ...register } = ENTRY
    assert.deepEqual(found.register, register)
  })

  it('says of what an overwriting removed that it is gone', async () => {
    const at = '2026-03-02T12:00:00.000Z'
    const removedBy = async (acceptedSeq: number) => {
      const found = await setUp({ entry: null, page: 'both', cleared: { acceptedSeq, at } })(ask)
      return found.items.map(
        ({ line, removedAt, reason }) => [line, removedAt, reason ?? ''] as const,
      )
    }
    const [delivered, superseded] = await removedBy(9)
    assert.equal(delivered![1], at)
    assert.match(delivered![2], /overwritten at 2026-03-02.* removed the contact/)
    assert.equal(superseded![1], null, 'it never was in the list')
    assert.equal(
      (await removedBy(8))[0]![1],
      null,
      'the upload that overwrote the list left it there',
    )
  })

  it('leaves out an upload whose rows are deleted in that very moment', async () => {
    const explained = await setUp({ entry: ENTRY, page: 'both', goneId: 'upl_1' })(ask)
    assert.deepEqual(
      explained.items.map(({ uploadId }) => uploadId),
      ['upl_2'],
    )
  })

  it('is 404 only when nothing at all is known, not on a page without the contact', async () => {
    const nothing = setUp({ entry: null, page: 'none' })
    assert.equal(await codeOf(nothing(ask)), 'contact-unknown')
    assert.deepEqual((await nothing({ ...ask, cursor: 'older' })).items, [])
    assert.deepEqual((await setUp({ entry: ENTRY, page: 'none' })(ask)).items, [])
    assert.equal((await setUp({ entry: null, page: 'more' })(ask)).next, 'older')
    assert.equal(await codeOf(setUp({ entry: null, page: null })(ask)), 'parameter-invalid')
  })
})
