import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { mentionsOf, positionBehind } from '../../../src/domain/erasures/erasure.ts'

describe('A text that mentions a person', () => {
  it('loses the number however people write it, and nothing that only contains its digits', () => {
    const { without } = mentionsOf({ kind: 'phone', value: '+12125550105' })
    assert.equal(without('call +1 (212) 555-0105 now'), 'call erased now')
    assert.equal(without('0012125550105.csv'), 'erased.csv')
    assert.equal(without('912125550105'), null)
    assert.equal(without('2026-11-28'), null)
  })

  it('loses the address in any case, and a cell is the person as lists of addresses hold it', () => {
    const { without, isCell } = mentionsOf({ kind: 'email', value: 'Ann@Example.com' })
    assert.equal(without('to ann@example.COM!'), 'to erased!')
    assert.equal(without('bob@example.com'), null)
    assert.deepEqual([isCell(' ANN@example.com '), isCell('bob@example.com')], [true, false])
  })

  it('loses a contact id where it stands alone, and in JSON where it is a whole string', () => {
    const { without, isCell } = mentionsOf({ kind: 'contact', value: 'c.7' })
    assert.equal(without('rows of c.7, c.77 and xc.7'), 'rows of erased, c.77 and xc.7')
    assert.equal(
      without('{"id":"c.7","note":"c.7 called"}', { json: true }),
      '{"id":"erased","note":"c.7 called"}',
    )
    assert.deepEqual([isCell(' c.7'), isCell('c97')], [true, false])
  })

  it('has a cell with the national number taken for it, and too few digits for no number', () => {
    const { isCell } = mentionsOf({ kind: 'phone', value: '+12125550105' })
    assert.deepEqual(
      ['(212) 555-0105', '02125550105', '555-0105 x', '50105', '2125550106'].map(isCell),
      [true, true, false, false, false],
    )
  })
})

describe('The position of an erasure', () => {
  it('is the next row of a step, then the next step, and stays at the last', () => {
    assert.deepEqual(positionBehind('rows', 'upl_1'), { step: 'rows', after: 'upl_1' })
    assert.deepEqual(positionBehind('rows', null), { step: 'file_names', after: null })
    assert.deepEqual(positionBehind('retractions', null), { step: 'retractions', after: null })
  })
})
