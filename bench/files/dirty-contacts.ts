import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { FILE_COLUMNS, phoneOf } from '../../test/support/stages/contact-file.ts'

const FIRST = ['Anna', 'Chloé', 'Дмитрий', '太郎', 'Jürgen', 'Łucja', 'Søren', 'Ελένη']
const LAST = [
  "O'Neil, Jr.",
  'García',
  'van "Dutch" Dyk',
  '佐藤',
  'Иванова',
  'Nowak',
  'Müller, geb. Groß',
]
const CITIES = ['Zürich', 'c/o Smith\nPortland', 'São Paulo', 'Москва\r\nАрбат 7', '東京', '']
const PHONES = [
  (n: string) => n,
  (n: string) => `(${n.slice(2, 5)}) ${n.slice(5, 8)}-${n.slice(8)}`,
  (n: string) => `${n.slice(2, 5)}.${n.slice(5, 8)}.${n.slice(8)}`,
  (n: string) => `+1 ${n.slice(2, 5)} ${n.slice(5, 8)} ${n.slice(8)}`,
]
const BLOCK_ROWS = 1000

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/**
 * Of fifty rows, one has an invalid phone, one has an invalid email, one has a cell too many, and
 * one is about the same contact as the row fifty rows earlier.
 */
const rowOf = (n: number): string => {
  const fault = n % 50
  const id = fault === 49 && n > 50 ? n - 50 : n
  const cells = [
    `crm-${id}`,
    FIRST[n % FIRST.length]!,
    LAST[n % LAST.length]!,
    fault === 17 ? '415 555 01' : PHONES[n % PHONES.length]!(phoneOf(n)),
    fault === 31 ? 'anna@example' : `person.${n}@example${n % 50}.com`,
    CITIES[n % CITIES.length]!,
  ]
  if (fault === 43) cells.push('one cell too many')
  // In a third of the rows, all cells are quoted, as some programs write them. In the other rows,
  // only cells that need quotes are quoted.
  const everything = n % 3 === 0
  return cells.map((cell) => (everything || /[",\r\n]/.test(cell) ? quoted(cell) : cell)).join(',')
}

async function* dirtyContacts(rows: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${FILE_COLUMNS.join(',')}\r\n`)
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    let text = ''
    for (let n = from; n < Math.min(rows, from + BLOCK_ROWS); n += 1) text += `${rowOf(n)}\r\n`
    yield Buffer.from(text)
  }
}

/**
 * Writes a file like the worst exports: quoted cells with line breaks, five alphabets, 6 % invalid
 * rows, and people who occur twice.
 */
export const writeDirtyContacts = (path: string, rows: number): Promise<void> =>
  pipeline(Readable.from(dirtyContacts(rows)), createWriteStream(path))
