import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  DUPLICATE_RULES,
  UPLOAD_MODES,
  uploadOptionsSchema,
} from '../../../src/domain/uploads/upload-options.ts'
import {
  createContentHashes,
  createTextContentHashes,
} from '../../../src/workflows/delivery/content-hashes.ts'
import { anySkipped } from '../../../src/workflows/delivery/shipments/plan-shipment.ts'
import { maySkip, skipCode } from '../../../src/workflows/delivery/skip-rule.ts'
import { createPlanTally } from '../../../src/workflows/uploads/control/plan-upload.ts'
import { makeChunk, makeUpload } from '../../support/memory/made-uploads.ts'
import { asNew } from '../../support/stages/chunks.ts'
import { setUp } from '../../support/stages/delivery-run.ts'

const CASES = UPLOAD_MODES.flatMap((mode) =>
  DUPLICATE_RULES.flatMap((duplicates) => [null, 2, 3].map((size) => ({ mode, duplicates, size }))),
)

describe('the skip rule', () => {
  it('trusts the register only for what is not overwritten, not sent anyway, and still in the list', async () => {
    const register = { knowsMore: async (_list: string, size: number) => size < 3 }
    for (const about of CASES) {
      const { mode, duplicates, size } = about
      const expected = mode === 'append' && duplicates !== 'ignore' && size !== 2
      const may = await maySkip(register, { id: 'list-1', size }, about)
      assert.equal(may, expected, JSON.stringify({ mode, duplicates, size }))
    }
  })

  it('decides about no row of a shared request that brings new content', () => {
    const chunk = makeChunk(0, ['a', 'b'])
    const contentHashes = Buffer.alloc(32, 7)
    const known = (content: number) =>
      new Map([['b', { contentHash: Buffer.alloc(16, content), acceptedSeq: 1 }]])
    const decides = (duplicates: (typeof DUPLICATE_RULES)[number], content: number): boolean => {
      const upload = makeUpload([chunk], { duplicates })
      return anySkipped([{ upload, chunk, contentHashes, verdicts: new Map() }], known(content))
    }
    assert.deepEqual(
      DUPLICATE_RULES.map((rule) => [rule, decides(rule, 7), decides(rule, 8)]),
      [
        ['update', true, false],
        ['skip', true, true],
        ['ignore', false, false],
      ],
    )
  })

  it('skips every known contact, identical content, or nothing', () => {
    const [old, other] = [Buffer.from('old'), Buffer.from('new')]
    const codes = DUPLICATE_RULES.map((duplicates) => [
      skipCode(duplicates, old, old),
      skipCode(duplicates, old, other),
    ])
    assert.deepEqual(codes, [
      ['identical', null],
      ['known', 'known'],
      [null, null],
    ])
  })

  for (const { mode, duplicates, size } of CASES) {
    it(`is one for the plan and the delivery: ${mode}, ${duplicates}, a list of ${size ?? 'unknown size'}`, async () => {
      const chunk = makeChunk(0, ['same', 'changed', 'new'])
      const t = setUp({ chunks: [chunk], upload: { mode, duplicates } })
      t.genesys.list = { ...t.genesys.list, size }
      const contentHashes = createContentHashes(Buffer.alloc(32))
      const contents = contentHashes(chunk, ['id', 'note'])
      const knownAs = (contentHash: Buffer) => ({ contentHash, acceptedSeq: 1 })
      t.store.register.set('same', knownAs(contents.subarray(0, 16)))
      t.store.register.set('changed', knownAs(Buffer.alloc(16)))
      t.store.register.set('elsewhere', knownAs(Buffer.alloc(16)))

      const confirmed = mode === 'overwrite' ? { confirmOverwrite: 'list-1' } : {}
      const options = uploadOptionsSchema.parse({ mode, duplicates, ...confirmed })
      const tally = createPlanTally(
        { register: t.store, contentHashes: createTextContentHashes(Buffer.alloc(32)) },
        { tenantId: 'default', list: t.genesys.list, options, queue: null },
      )
      await tally.look(asNew(chunk))
      const plan = await tally.total({ leftOut: new Map(), counts: t.store.upload.counts })
      await t.run()

      const { unchanged, delivered } = t.store.upload.counts
      assert.deepEqual(
        { unchanged: plan.unchanged, delivered: plan.creates + plan.updates },
        { unchanged, delivered },
      )
      assert.equal(plan.creates, mode === 'overwrite' ? 3 : 1)
    })
  }
})
