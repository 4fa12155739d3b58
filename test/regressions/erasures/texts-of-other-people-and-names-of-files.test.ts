import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { mentionsOf } from '../../../src/domain/erasures/erasure.ts'

/**
 * An address counted as the person wherever it was part of a longer address, so an erasure emptied
 * rejected rows of other people. A contact id in the name of a file stayed in stored answers and
 * messages, although the name in the record was replaced.
 */
describe('What an erasure takes for the person', () => {
  it('is not an address that only contains the address', () => {
    const { isCell, without } = mentionsOf({ kind: 'email', value: 'ann@example.com' })
    const others = ['joann@example.com', 'jo.ann@example.com', 'x+ann@example.com']
    const further = ['ann@example.com.au', 'ann@example.community', 'ann@example.com-x.org']
    for (const cell of [...others, ...further]) assert.equal(isCell(cell), false, cell)
    assert.equal(without('list of joann@example.com.csv'), null)
    const theirs = [
      '<ANN@example.com>',
      'mailto:ann@example.com',
      "'ann@example.com",
      ' -ann@example.com.',
    ]
    for (const cell of theirs) assert.equal(isCell(cell), true, cell)
    assert.equal(without('list-ann@example.com.csv'), 'list-erased.csv')
  })

  it('is not an address whose local part is joined with another sign than a point', () => {
    const { isCell } = mentionsOf({ kind: 'email', value: 'ann@example.com' })
    const others = ["o'ann@example.com", 'jo--ann@example.com', 'r&ann@example.com']
    const further = ['_ann@example.com', 'jo_-ann@example.com', 'jose\u0301.ann@example.com']
    for (const cell of [...others, ...further]) assert.equal(isCell(cell), false, cell)
    assert.equal(isCell('mail=ann@example.com&city=Bern'), true)
    assert.equal(isCell('bob@example.net/ann@example.com'), true)
  })

  it('is the address before text that cannot be the end of its domain', () => {
    const { isCell } = mentionsOf({ kind: 'email', value: 'ann@example.com' })
    const theirs = ['ann@example.com-Bern', 'ann@example.com.2', 'ann@example.com.Please call']
    for (const cell of theirs) assert.equal(isCell(cell), true, cell)
    const others = ['ann@example.com.au', 'ann@example.com.Au', 'Ann@Example.Com.Museum']
    const further = ['ann@example.com-x.y.org', 'ann@example.com.xn--p1ai', 'ann@example.com.Co.Uk']
    for (const cell of [...others, ...further]) assert.equal(isCell(cell), false, cell)
  })

  it('is a contact id in the name of a file, also in JSON', () => {
    const { without } = mentionsOf({ kind: 'contact', value: 'F-1' })
    assert.equal(
      without('{"id":"F-10","fileName":"offer \\"A\\" for F-1.pdf","note":"F-1 called"}', {
        json: true,
      }),
      '{"id":"F-10","fileName":"offer \\"A\\" for erased.pdf","note":"F-1 called"}',
    )
    assert.equal(without('{"fileName":"F-10.pdf"}', { json: true }), null)
  })

  it('is the name of every file of the external contact', () => {
    const { without } = mentionsOf({ kind: 'contact', value: 'ext-1' })
    assert.equal(
      without('{"externalContactId":"ext-1","fileName":"Passport Ann.pdf"}', { json: true }),
      '{"externalContactId":"erased","fileName":"erased.pdf"}',
    )
    assert.equal(
      without('{"externalContactId":"ext-2","fileName":"Ann.pdf"}', { json: true }),
      null,
    )
  })
})
