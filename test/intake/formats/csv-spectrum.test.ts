import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'

import { createCsvReader, rawRowOf } from '../../../src/intake/formats/csv-reader.ts'

const HOME = dirname(createRequire(import.meta.url).resolve('csv-spectrum'))
const NAMES = readdirSync(join(HOME, 'csvs')).map((file) => file.replace(/\.csv$/, ''))

/** The package's JSON of this file is not an array, and has another phone number than its CSV. */
const WITHOUT_JSON: Record<string, unknown> = {
  location_coordinates: [
    {
      'Contact Phone Number': '2095257564',
      'Location Coordinates': `37\u{fffd}36'37.8"N 121\u{fffd}2'17.9"W`,
      Cities: 'Modesto',
      Counties: 'Stanislaus',
    },
  ],
}

const readObjects = (bytes: Buffer) => {
  let columns: string[] = []
  const objects: Record<string, string>[] = []
  let misplaced = 0
  const reader = createCsvReader({
    delimiter: undefined,
    hasHeader: true,
    maxRecordBytes: 2 ** 20,
    sink: {
      header: (names) => (columns = names),
      noHeader: () => assert.fail('there is a header'),
      record: (record) => {
        const { cells, faults } = rawRowOf(record)
        if (faults.length > 0) misplaced += 1
        assert.equal(cells.length, columns.length)
        objects.push(Object.fromEntries(cells.map((cell, at) => [columns[at], cell])))
      },
    },
  })
  reader.push(bytes)
  reader.end()
  return { objects, misplaced }
}

describe('every case of csv-spectrum is read as its JSON says:', () => {
  it('there are twelve of them', () => assert.equal(NAMES.length, 12))
  for (const name of NAMES) {
    it(name, () => {
      const json = readFileSync(join(HOME, 'json', `${name}.json`), 'utf8')
      const wanted: unknown = WITHOUT_JSON[name] ?? JSON.parse(json)
      const { objects, misplaced } = readObjects(readFileSync(join(HOME, 'csvs', `${name}.csv`)))
      assert.deepEqual(objects, wanted)
      // Seconds of arc are written as quotes inside cells without quotes. They are read as the JSON
      // has them, and the cell is marked, because readers treat it differently.
      assert.equal(misplaced, name === 'location_coordinates' ? objects.length : 0)
    })
  }
})
