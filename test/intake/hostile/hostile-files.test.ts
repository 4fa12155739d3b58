import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { accepted, refusal, take } from '../taken.ts'
import { ENCODING_FILES } from './encodings.ts'
import type { Expected, HostileFile } from './hostile-file.ts'
import { SHAPE_FILES } from './shapes.ts'
import { SPREADSHEET_FILES } from './spreadsheets.ts'

const FILES = [...ENCODING_FILES, ...SHAPE_FILES, ...SPREADSHEET_FILES]

const checkTaken = async (
  file: HostileFile,
  expected: Extract<Expected, { rows: readonly string[] }>,
) => {
  const taken = await take(file.bytes, file.changes)
  const rows = accepted(taken)
  const shown = rows.map(({ id, cells }) =>
    [id, ...(file.show ?? [1]).map((at) => cells[at])].join('|'),
  )
  assert.deepEqual(shown, expected.rows)
  assert.deepEqual(taken.result.rejections, expected.rejections ?? {})
  const { encoding, encodingFrom, compression, bytes } = taken.result.source
  assert.equal(bytes, file.bytes.byteLength)
  assert.equal(compression, expected.compression ?? null)
  if (expected.encoding !== undefined) assert.equal(encoding, expected.encoding)
  if (expected.from !== undefined) assert.equal(encodingFrom, expected.from)
  if (expected.lines === undefined) return
  assert.deepEqual(
    rows.map(({ line }) => line),
    expected.lines,
  )
}

describe('a hostile file is read right or refused with its reason:', () => {
  for (const file of FILES) {
    it(`${file.name} (${file.why})`, async () => {
      const { expected } = file
      if (!('refused' in expected)) {
        await checkTaken(file, expected)
        return
      }
      const { code, about } = await refusal(file.bytes, file.changes)
      assert.equal(code, expected.refused)
      for (const [name, value] of Object.entries(expected.about ?? {})) {
        assert.deepEqual(about[name], value, name)
      }
    })
  }

  it('there are sixty of them at least, each with a name of its own', () => {
    assert.ok(FILES.length >= 60, `${FILES.length}`)
    assert.equal(new Set(FILES.map(({ name }) => name)).size, FILES.length)
  })
})
