import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import { FileRefused } from '../../src/intake/contract.ts'
import { sampleFile } from '../../src/intake/sample-file.ts'

const LIMITS = { bytes: 4_096, rows: 3 }

const spec = (more: object = {}, format: 'csv' | 'json' | 'ndjson' = 'csv') => ({
  ...{ format, maxBytes: 1e9, maxRecordBytes: 1e6 },
  options: { hasHeader: true, ...more },
})

const pieces = async function* (bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size)
}

const sample = (
  text: string | Uint8Array,
  given: Parameters<typeof sampleFile>[1] = spec(),
  isPart = false,
) => sampleFile(pieces(typeof text === 'string' ? Buffer.from(text) : text), given, LIMITS, isPart)

const long = (rows: number): string =>
  ['id;name', ...Array.from({ length: rows }, (_, at) => `C-${at};Jürgen ${at}`)].join('\n')

describe('The beginning of a file', () => {
  it('tells delimiter, header and first rows, of a file that is whole and of a large one', async () => {
    const small = await sample(long(2))
    assert.deepEqual(small.header, ['id', 'name'])
    assert.deepEqual(small.rows[1], ['C-1', 'Jürgen 1'])
    const { delimiter, encoding, whole } = small
    assert.deepEqual(
      { delimiter, encoding, whole },
      { delimiter: ';', encoding: 'utf-8', whole: true },
    )
    const large = await sample(long(5_000))
    assert.equal(large.whole, false)
    assert.equal(large.rows.length, 3)
  })

  it('reads the body to its end, so that whoever sends it hears the answer', async () => {
    let read = 0
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces(Buffer.from(long(5_000)))) {
        read += piece.byteLength
        yield piece
      }
    }
    await sampleFile(body(), spec(), LIMITS, false)
    assert.equal(read, Buffer.byteLength(long(5_000)))
  })

  it('may be cut anywhere: in a quoted cell, in a character, in compressed bytes, in JSON', async () => {
    const open = `id,name\nC-1,Ada\nC-2,"${'x'.repeat(5_000)}`
    assert.equal((await sample(open)).rows.length, 1)
    const bytes = Buffer.from(`id,name\nC-1,Jürgen`)
    const inCharacter = bytes.subarray(0, bytes.indexOf('ü') + 1)
    assert.deepEqual((await sample(inCharacter, spec(), true)).header, ['id', 'name'])
    const packed = gzipSync(Buffer.from(long(60_000)))
    assert.ok(packed.byteLength > 100_000)
    const first = pieces(packed.subarray(0, 100_000))
    const gzip = await sampleFile(first, spec(), { bytes: 256 * 1024, rows: 3 }, true)
    assert.equal(gzip.compression, 'gzip')
    assert.equal(gzip.rows.length, 3)
    const json = '[{"id":"1","name":"Ada"},{"id":"2","na'
    const found = await sample(json, spec({}, 'json'), true)
    assert.deepEqual(
      [found.header, found.rows, found.delimiter],
      [['id', 'name'], [['1', 'Ada']], null],
    )
  })

  it('is refused where a whole file is broken, or where there is nothing', async () => {
    const refused = (code: string) => (error: unknown) =>
      error instanceof FileRefused && error.code === code
    await assert.rejects(sample('id,name\nC-1,"open'), refused('csv-malformed'))
    await assert.rejects(sample(' \n'), refused('upload-empty'))
    await assert.rejects(sample(''), refused('upload-empty'))
    await assert.rejects(sample(Buffer.from('PK\u0003\u0004zip')), refused('encoding-invalid'))
  })

  it('tells how many columns there are where the first line is a contact already', async () => {
    const found = await sample('C-1,Ada\nC-2,Bob', spec({ hasHeader: false }))
    assert.deepEqual([found.header, found.width, found.rows[0]], [null, 2, ['C-1', 'Ada']])
  })
})
