import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createCopiedRows } from '../../../src/store/endpoints/copied-rows.ts'

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const END = Buffer.from([0xff, 0xff])

const row = (key: bigint, bytes: Buffer, fields = 2): Buffer => {
  const head = Buffer.alloc(18)
  head.writeInt16BE(fields, 0)
  head.writeInt32BE(8, 2)
  head.writeBigInt64BE(key, 6)
  head.writeInt32BE(bytes.byteLength, 14)
  return Buffer.concat([head, bytes])
}

const read = (...messages: Buffer[]): [number, string][] => {
  const rows: [number, string][] = []
  const take = createCopiedRows((key, bytes) => rows.push([key, Buffer.from(bytes).toString()]))
  for (const message of messages) take(message)
  return rows
}

describe('Copied rows', () => {
  const first = row(7n, Buffer.from('seven'))
  const second = row(12_015_550_000n, Buffer.alloc(0))

  it('are read alike, whether the header comes alone or with the first row', () => {
    const expected = [
      [7, 'seven'],
      [12_015_550_000, ''],
    ]
    assert.deepEqual(read(Buffer.concat([HEADER, first]), second, END), expected)
    assert.deepEqual(read(HEADER, first, Buffer.concat([second, END])), expected)
  })

  it('are none where the select finds none', () => {
    assert.deepEqual(read(Buffer.concat([HEADER, END])), [])
  })

  it('are refused if they are anything but a number and bytes, or end too early', () => {
    assert.throws(() => read(HEADER, row(7n, Buffer.from('x'), 3)), /not pairs/)
    assert.throws(() => read(HEADER, first.subarray(0, -1)), /no bytes/)
  })
})
