import type { RejectionCode } from '../../src/domain/uploads/rejection.ts'
import { seededRandom } from '../../src/lib/seeded-random.ts'
import {
  type ExpectedContact,
  FILE_COLUMNS,
  type FileColumn,
  phoneOf,
} from '../../test/support/stages/contact-file.ts'

/** The correct result of reading the file. The generator of the file records it. */
export type ExpectedOutcome = {
  counts: { read: number; accepted: number; rejected: number; duplicates: number; blank: number }
  rejections: Record<string, number>
  /** By contact id: the newest valid content. */
  contacts: Map<string, ExpectedContact>
}

export type DirtyFile = {
  /** The file's bytes, made while they are read. They can be read once. */
  bytes: AsyncIterable<Uint8Array>
  /** Complete after `bytes` was read to its end. */
  expected: ExpectedOutcome
  /** Rows made so far. */
  made(): number
}

type Row = Record<FileColumn, string>
type Fault = { code: RejectionCode; line: string }

const CHUNK_BYTES = 64 * 1024
const NAMES = ['Anna', 'José', 'Zoë', 'Mehmet', 'Łucja', 'Aoife', 'Wei', 'Priya', 'Søren', 'Kim']
const SURNAMES = ['Lee', 'García', "O'Neil, Jr.", 'Müller', 'Nowak', 'Smith', 'van "Dutch" Dyk']
const CITIES = ['Portland', 'San José', 'Austin', 'St. Paul', 'Boise', '']

const cell = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
const lineOf = (row: Row): string => FILE_COLUMNS.map((name) => cell(row[name])).join(',')

/** One number as people write it. `way` selects one of six spellings. */
const written = (e164: string, way: number): string => {
  const [area, exchange, rest] = [e164.slice(2, 5), e164.slice(5, 8), e164.slice(8)]
  const ways = [
    e164,
    `(${area}) ${exchange}-${rest}`,
    `${area}-${exchange}-${rest}`,
    `${area}.${exchange}.${rest}`,
    `+1 ${area} ${exchange} ${rest}`,
    `${area}${exchange}${rest}`,
  ]
  return ways[way % ways.length] ?? e164
}

/**
 * Faults: the share of rows with this fault, in thousandths, and a function that makes a line with
 * one fault of a known code.
 */
const FAULTS: readonly [number, (row: Row) => Fault][] = [
  [10, (row) => ({ code: 'phone-invalid', line: lineOf({ ...row, phoneNumber: '415 555 01' }) })],
  [
    3,
    (row) => ({ code: 'phone-short-or-emergency', line: lineOf({ ...row, phoneNumber: '911' }) }),
  ],
  [10, (row) => ({ code: 'email-invalid', line: lineOf({ ...row, email: 'anna@example' }) })],
  [
    5,
    (row) => ({ code: 'no-phone-no-email', line: lineOf({ ...row, phoneNumber: '', email: '' }) }),
  ],
  [3, (row) => ({ code: 'contact-id-missing', line: lineOf({ ...row, customerId: '' }) })],
  [2, (row) => ({ code: 'contact-id-invalid', line: lineOf({ ...row, customerId: 'A 17' }) })],
  [3, (row) => ({ code: 'row-ragged', line: `${lineOf(row)},one cell too many` })],
  [2, (row) => ({ code: 'row-ragged', line: `${row.customerId},cut off` })],
  [2, (row) => ({ code: 'quote-misplaced', line: lineOf({ ...row, city: '' }) + 'Big "Apple"' })],
]
const BLANK_SHARE = 5
const DUPLICATE_SHARE = 15

const pickFault = (ticket: number): ((row: Row) => Fault) | null => {
  let left = ticket
  if (left < 0) return null
  for (const [share, make] of FAULTS) {
    if (left < share) return make
    left -= share
  }
  return null
}

/**
 * A file of `rows` records as CRMs export them: numbers in all spellings, mistakes, people who
 * occur twice, and blank lines. Contacts are numbered from `from`, so that files with different
 * starts have no contact in common.
 */
export const dirtyFile = (rows: number, seed = 20_260_101, from = 0): DirtyFile => {
  const random = seededRandom(seed)
  const below = (n: number): number => Math.floor(random() * n)
  const expected: ExpectedOutcome = {
    counts: { read: 0, accepted: 0, rejected: 0, duplicates: 0, blank: 0 },
    rejections: {},
    contacts: new Map(),
  }
  const { counts, contacts } = expected
  const ids: string[] = []

  const accept = (contact: ExpectedContact): void => {
    const id = contact.customerId ?? ''
    if (contacts.has(id)) counts.duplicates += 1
    else {
      counts.accepted += 1
      ids.push(id)
    }
    contacts.set(id, contact)
  }
  const personOf = (n: number, id: string): { row: Row; contact: ExpectedContact } => {
    const phone = random() < 0.97 ? phoneOf(n) : ''
    const email = phone === '' || random() < 0.8 ? `person.${n}@example.com` : ''
    const row = {
      customerId: id,
      firstName: NAMES[below(NAMES.length)] ?? '',
      lastName: SURNAMES[below(SURNAMES.length)] ?? '',
      phoneNumber: phone === '' ? '' : written(phone, below(6)),
      email: random() < 0.1 ? email.replace('example.com', 'Example.COM') : email,
      city: CITIES[below(CITIES.length)] ?? '',
    }
    const contact = { ...row, phoneNumber: phone || null, email: email || null }
    return { row, contact: { ...contact, city: row.city || null } }
  }
  const nextLine = (n: number): string => {
    counts.read += 1
    const ticket = below(1000)
    if (ticket < BLANK_SHARE && n > 0) {
      counts.blank += 1
      return ''
    }
    const again = ids.length > 0 && ticket < BLANK_SHARE + DUPLICATE_SHARE
    const { row, contact } = personOf(
      from + n,
      again ? (ids[below(ids.length)] ?? '') : `CRM-${from + n + 1}`,
    )
    const fault = again ? undefined : pickFault(ticket - BLANK_SHARE - DUPLICATE_SHARE)?.(row)
    if (!fault) {
      accept(contact)
      return lineOf(row)
    }
    counts.rejected += 1
    expected.rejections[fault.code] = (expected.rejections[fault.code] ?? 0) + 1
    return fault.line
  }
  async function* make(): AsyncGenerator<Uint8Array> {
    let text = `${FILE_COLUMNS.join(',')}\n`
    for (let n = 0; n < rows; n += 1) {
      text += `${nextLine(n)}\n`
      if (text.length >= CHUNK_BYTES) {
        yield Buffer.from(text)
        text = ''
      }
    }
    if (text !== '') yield Buffer.from(text)
  }
  return { bytes: make(), expected, made: () => counts.read }
}
