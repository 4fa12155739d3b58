import { readFile } from 'node:fs/promises'

import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

import { dirtyFile } from '../../examples/demo/contacts.ts'
import { normalisePhone } from '../../src/domain/phones/phone.ts'
import { cleanFile } from '../../test/support/stages/contact-file.ts'
import { ROW_FILES } from '../row-files.ts'

/**
 * Shows what the gateway's own rules change, compared with the library alone, in files that look
 * like those of CRMs. Counts the phones of each file by outcome. `refused`: only the library
 * accepts the phone. `other number`: the gateway reads another number than the library. `taken`:
 * only the gateway accepts the phone. The exit code is 1 if the gateway refuses or changes a number
 * that the library accepts.
 */
const ROWS = 100_000
const PHONE = 3
const REGION = 'US'

type Change = 'same' | 'refused' | 'other number' | 'taken'

const changeOf = (written: string): Change => {
  const alone = parsePhoneNumberFromString(written, { defaultCountry: REGION, extract: false })
  const before = alone?.isValid() === true ? alone.number : null
  const result = normalisePhone(written, { region: REGION, plus: 'reject' })
  const now = result.ok ? result.e164 : null
  if (before === now) return 'same'
  if (now === null) return 'refused'
  return before === null ? 'taken' : 'other number'
}

/** The cells of a line. In these files, quoted cells contain no line ends. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/gu)].map((cell) => cell[1]!.replaceAll('"', ''))

const textOf = async (pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> =>
  Buffer.concat(await Array.fromAsync(pieces)).toString()

const files: [string, string][] = [
  ['examples/contacts.csv', await readFile('examples/contacts.csv', 'utf8')],
  ["the demo's dirty file", await textOf(dirtyFile(ROWS).bytes)],
  ["the tests' clean file", cleanFile({ rows: ROWS }).csv],
]
for (const [name, make] of Object.entries(ROW_FILES)) {
  files.push([`the row path's ${name} file`, await textOf(await make(ROWS))])
}
for (const [file, text] of files) {
  const changes: Record<Change, number> = { same: 0, refused: 0, 'other number': 0, taken: 0 }
  for (const line of text.split('\n').slice(1)) {
    const written = (cellsOf(line)[PHONE] ?? '').trim()
    if (written !== '') changes[changeOf(written)] += 1
  }
  process.stdout.write(`${JSON.stringify({ file, ...changes })}\n`)
  if (changes.refused + changes['other number'] > 0) process.exitCode = 1
}
