import { once } from 'node:events'
import type { ReadStream } from 'node:fs'

import { parse } from 'csv-parse'
import { parseStream } from 'fast-csv'
import papaparse from 'papaparse'

import { reportReading } from './measured-child.ts'

/**
 * Measures a parser alone. The parser returns the cells of each record as an array. The records are
 * counted and not kept. Each parser is used through its fastest interface for a stream. `node
 * bench/parser-alone.ts <parser> <file>` prints {rows, cpuSeconds, wallSeconds}.
 */
const PARSERS: Record<string, (input: ReadStream) => Promise<number>> = {
  'csv-parse': async (input) => {
    let records = 0
    const parser = parse({ relax_quotes: true, relax_column_count: true, skip_empty_lines: true })
    parser.on('data', () => void (records += 1))
    input.pipe(parser)
    await once(parser, 'end')
    return records
  },
  papaparse: (input) =>
    new Promise((resolve, reject) => {
      let records = 0
      papaparse.parse<string[]>(input, {
        skipEmptyLines: true,
        chunk: ({ data }) => void (records += data.length),
        complete: () => resolve(records),
        error: reject,
      })
    }),
  'fast-csv': async (input) => {
    let records = 0
    const parser = parseStream(input, { ignoreEmpty: true })
    parser.on('data', () => void (records += 1))
    await once(parser, 'end')
    return records
  },
}

const [name = '', path = ''] = process.argv.slice(2)
const read = PARSERS[name]
if (!read) throw new Error(`No such parser; one of ${Object.keys(PARSERS).join(', ')}`)
// The header is not counted as a row.
await reportReading(path, async (input) => ({ rows: (await read(input)) - 1 }))
