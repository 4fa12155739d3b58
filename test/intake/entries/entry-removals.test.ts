import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dncRemovalOptionsSchema } from '../../../src/domain/do-not-call/dnc-options.ts'
import { NUMBER, readEntries, refused } from '../../support/do-not-call/read-entries.ts'

const removal = (originalReason: string) => ({
  ...{ reason: 'UNSPECIFIED', originalReason, source: null },
  ...{ receivedAt: null, expiresAt: null, contactListIds: null },
})

describe('Removals of do-not-call entries', () => {
  test('say why in words of any kind, and are of every country', async () => {
    const words = `Asked by mail to be called again ${'x'.repeat(60)}`
    const { entries, chunks } = await readEntries(
      `phoneNumber,reason\n${NUMBER},${words}\n+80012345678,REGULATORY\n`,
      { kind: 'remove' },
    )
    assert.deepEqual(
      entries.map(({ quarantined, terms }) => [quarantined, chunks[0]?.terms[terms]]),
      [
        [false, removal(words)],
        [false, removal('REGULATORY')],
      ],
    )
    const { result } = await readEntries(`phoneNumber,reason\n${NUMBER},${'x'.repeat(257)}\n`, {
      kind: 'remove',
    })
    assert.deepEqual(result.rejections, { 'cell-too-long': 1 })
  })

  test('have no end of their own: an expiry is a column, an option and a member that they do not have', async () => {
    const file = `phoneNumber,expiresAt\n${NUMBER},2030-01-01T00:00:00Z\n`
    await assert.rejects(readEntries(file, { kind: 'remove' }), refused('dnc-columns-unknown'))
    assert.equal(
      dncRemovalOptionsSchema.safeParse({ expiresAt: '2030-01-01T00:00:00Z' }).success,
      false,
    )
    const { result } = await readEntries(JSON.stringify([{ phoneNumber: NUMBER, expires: 'x' }]), {
      ...{ kind: 'remove', format: 'json' },
    })
    assert.equal(result.counts.rejected, 1)
    const mapped = await readEntries(file, {
      ...{ kind: 'remove', options: { mapping: { expiresAt: null } } },
    })
    assert.equal(mapped.entries.length, 1)
  })
})
