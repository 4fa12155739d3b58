import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  createNumberReader,
  type NumberLines,
  RegistryFileRefused,
} from '../../../src/intake/registries/number-lines.ts'

const read = (
  country: string,
  text: string,
  pieceBytes = 7,
): { numbers: number[]; sums: NumberLines } => {
  const numbers: number[] = []
  const reader = createNumberReader(country, (number) => numbers.push(number))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.read(bytes.subarray(at, at + pieceBytes))
  }
  return { numbers, sums: reader.end() }
}

const refusedWith = (code: RegistryFileRefused['code'], line: number) => (error: unknown) =>
  error instanceof RegistryFileRefused && error.code === code && error.line === line

describe("The lines of a registry's file", () => {
  it("are numbers in the FTC's flat form and in every usual spelling", () => {
    const { numbers, sums } = read(
      'US',
      '\uFEFF201,5550100\r\n2015550101\n(201) 555-0102\n+1 201 555 0103\n12015550104\n0012015550105\n"201","5550106"\n\n  \n201,5550107',
    )
    assert.deepEqual(
      numbers,
      Array.from({ length: 8 }, (_, at) => 12_015_550_100 + at),
    )
    assert.deepEqual(sums, { lines: 8, numbers: 8, rejected: 0, firstRejectedLine: null })
  })

  it('come to the same wherever the file is cut into pieces', () => {
    const text =
      '\uFEFF201,5550100\r\n+12015550101\n 2015550102\n,2015550103\n0012015550104\nphone\n201555\n\n2015550105,\n12015550106\r\n+,12015550107\n2015550108000000000\n(201) 555-0109\n'
    const whole = read('US', text, text.length + 2)
    assert.equal(whole.sums.rejected, 3)
    for (let bytes = 1; bytes < 40; bytes += 1) assert.deepEqual(read('US', text, bytes), whole)
  })

  it('are numbers of the country where they are written as within it', () => {
    const { numbers } = read(
      'GB',
      '020 7946 0018\n+442079460019\n442079460020\n2079460021\n00442079460022\n',
    )
    assert.deepEqual(
      numbers,
      Array.from({ length: 5 }, (_, at) => 442_079_460_018 + at),
    )
    assert.deepEqual(read('FR', '01 99 00 00 01\n').numbers, [33_199_000_001])
  })

  it('that are no numbers are counted, with the place of the first', () => {
    const { numbers, sums } = read(
      'US',
      'phone\n201,5550100\n\n555-0100\n1115550100\n2015550101 ext 4\n',
    )
    assert.deepEqual(numbers, [12_015_550_100])
    assert.deepEqual(sums, { lines: 5, numbers: 1, rejected: 4, firstRejectedLine: 1 })
    assert.equal(read('US', '201,5550100\n\nx\n').sums.firstRejectedLine, 3)
  })

  it('with a number of another country refuse the file', () => {
    assert.throws(
      () => read('US', '201,5550100\n+442079460018\n'),
      refusedWith('registry-country-differs', 2),
    )
    assert.throws(() => read('GB', '0012015550100\n'), refusedWith('registry-country-differs', 1))
  })

  it('tell that the file is cut off, or holds no number', () => {
    assert.throws(() => read('US', '201,5550100\n201,555'), refusedWith('registry-cut-off', 2))
    assert.throws(() => read('US', 'a\nb\n'), refusedWith('registry-no-numbers', 1))
    assert.throws(() => read('US', ''), refusedWith('registry-no-numbers', 1))
  })
})
