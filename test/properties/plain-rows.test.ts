import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { dirtyFile } from '../../examples/demo/contacts.ts'
import { CONTACT_ID_PATTERN, isPlainContactId } from '../../src/domain/contacts/contact-id.ts'
import { writeEmail } from '../../src/domain/emails/email-bytes.ts'
import { normaliseEmail } from '../../src/domain/emails/email.ts'
import type { NewChunk } from '../../src/domain/uploads/chunk.ts'
import { FileRefused } from '../../src/intake/contract.ts'
import type { IntakeTuning } from '../../src/intake/rows/row-intake.ts'
import { createRunIntake } from '../../src/intake/run-intake.ts'
import { bodyOf, column, specOf } from '../intake/taken.ts'
import type { SpecChanges } from '../intake/taken.ts'

type Body = AsyncIterable<Uint8Array>

/**
 * Everything that an intake produces from a body, with chunks compared byte by byte. If it refuses
 * the body: the refusal.
 */
const outcomeOf = async (body: Body, changes: SpecChanges, tuning: Partial<IntakeTuning>) => {
  const chunks: NewChunk[] = []
  try {
    const result = await createRunIntake(tuning)(body, specOf(changes), {
      take: async (chunk) => void chunks.push(chunk),
      idDigests: async function* () {
        for (const { idDigests } of chunks) yield idDigests
      },
    })
    const plain = chunks.map((chunk) => ({ ...chunk, text: Buffer.from(chunk.text) }))
    return { result, chunks: plain }
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    return { code: error.code, about: error.about }
  }
}

const bothWays = async (make: () => Body, changes: SpecChanges) => {
  const plain = await outcomeOf(make(), changes, {})
  assert.deepEqual(plain, await outcomeOf(make(), changes, { plainRows: false }))
  return plain
}

const PHONES = [
  '+14155552671',
  '4155552672',
  '(415) 555-2673',
  '+44 7400 123456',
  '0044 7400 123456',
]
const spoilt = (texts: readonly string[]) =>
  fc.oneof(
    { weight: 25, arbitrary: fc.constantFrom(...texts) },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', '\u{a0}', '\t', '911', '12', '+1 415') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...texts),
          fc.nat(30),
          fc.nat(2),
          fc.constantFrom(
            '',
            ' ',
            '.',
            '@',
            '-',
            '\u{a0}',
            '\u{3000}',
            '\0',
            'é',
            '"',
            'x9',
            '\r',
            '0',
            'Z',
            '_',
          ),
        )
        .map(([text, at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone)),
    },
  )
const id = fc.oneof(
  spoilt(['c1', 'c2', 'CRM-17', 'a.b:c@d_e', '00017', 'x'.repeat(128), 'x'.repeat(129)]),
  spoilt([
    '4155552671',
    '14155552671',
    '415-555-2672',
    '5552671',
    'C-5552671',
    '447400123456',
    '07400123456',
  ]),
)
const name = spoilt([
  'Ann',
  'José',
  'Анна',
  '太郎',
  '😀',
  "O'Neil, Jr.",
  'van "Dutch" Dyk',
  'two\nlines',
  'a;b',
])
const email = spoilt([
  'ann@EXAMPLE.com',
  'a.b+c@Mail.example.org',
  'é@example.com',
  'a@b',
  'a..b@example.com',
  'a@1.2',
])
const date = spoilt(['2026-02-28', '2026-02-30', '2024-02-29T10:00:00Z'])
const cellText = (text: string, quote: boolean): string =>
  quote || /[",;\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const row = fc
  .tuple(fc.tuple(id, name, spoilt(PHONES), email, spoilt(PHONES), date), fc.boolean(), fc.nat(40))
  .map(([cells, quote, odd]) => {
    const written = cells.map((cell) => cellText(cell, quote))
    if (odd === 0) written.pop()
    if (odd === 1) written.push('more')
    if (odd === 2) written[1] = `${written[1]}"`
    return odd === 3 ? '' : written.join(',')
  })
const lists: SpecChanges['columns'][] = [
  ['contactId', 'name', 'phone', 'email'].map((at) => column(at, kindOf(at))),
  ['email', 'phone2', 'name', 'phone', 'phone_ext', 'due'].map((at) => column(at, kindOf(at))),
  ['name', 'phone', 'email'].map((at) => column(at, kindOf(at), true)),
  ['name', 'phone', 'email', 'lacking'].map((at) => column(at, kindOf(at), at === 'lacking')),
]
function kindOf(at: string): 'text' | 'phone' | 'email' | 'date' {
  if (at === 'due') return 'date'
  return at === 'phone' || at === 'phone2' ? 'phone' : at === 'email' ? 'email' : 'text'
}

describe('a plain row, taken from its bytes,', () => {
  it('is what the same row is when it is taken from strings, among rows of all kinds', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(900), { maxLength: 4 }),
        fc.constantFrom(...lists),
        fc.constantFrom(null, 12, 512),
        fc.constantFrom(2, 2500),
        async (rows, newline, cuts, columns, cellChars, batchRows) => {
          const text = ['contactId,name,phone,email,phone2,due', ...rows].join(newline)
          const limits = { batchRows, batchBytes: 1e7, columns: null, headerChars: null, cellChars }
          const changes = { columns: columns!, limits, options: { schemaDrift: 'drop' } }
          const outcome = await bothWays(() => bodyOf(text, cuts), changes)
          accepted += outcome.result?.counts.accepted ?? 0
        },
      ),
      { numRuns: 2000 },
    )
    assert.ok(accepted > 1000, `${accepted} rows were accepted`)
  })

  it('is so under a pattern of ids that the installation sets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(/^c\d$/, /^[^ ]*$/, /^(?:CRM-\d+|\d{5,})$/),
        async (rows, contactIdPattern) => {
          const text = ['contactId,name,phone,email,phone2,due', ...rows].join('\n')
          const changes = {
            columns: lists[0]!,
            rules: { contactIdPattern },
            options: { schemaDrift: 'drop' },
          }
          await bothWays(() => bodyOf(text), changes)
        },
      ),
      { numRuns: 300 },
    )
  })

  it("is so in the demo's dirty file, which comes out as it was made to", async () => {
    const columns = ['customerId', 'firstName', 'lastName', 'phoneNumber', 'email', 'city'].map(
      (at) => column(at, at === 'phoneNumber' ? 'phone' : kindOf(at)),
    )
    const outcome = await bothWays(() => dirtyFile(20_000).bytes, { columns })
    const { bytes, expected } = dirtyFile(20_000)
    await Array.fromAsync(bytes)
    const { accepted, rejected, duplicates, blank, read } = outcome.result!.counts
    assert.deepEqual({ read, accepted, rejected, duplicates, blank }, expected.counts)
    assert.deepEqual(outcome.result!.rejections, expected.rejections)
    assert.ok(accepted > 18_000)
  })
})

describe('from bytes and from a string', () => {
  const bytesOf = (text: string): Buffer =>
    Buffer.concat([Buffer.from('"@.'), Buffer.from(text), Buffer.from('.@"')])

  it('an email comes out alike, or is left to the string', () => {
    const part = fc.constantFrom(
      'a',
      'B',
      '7',
      '.',
      '-',
      '@',
      '+',
      '_',
      'é',
      ' ',
      '"',
      'x'.repeat(30),
      'co',
      '\0',
    )
    const soup = fc.array(part, { maxLength: 14 }).map((parts) => parts.join(''))
    const likely = fc.tuple(soup, soup).map(([local, domain]) => `${local}@${domain}.com`)
    fc.assert(
      fc.property(fc.oneof(soup, likely, fc.emailAddress()), (text) => {
        const bytes = bytesOf(text)
        const out = Buffer.alloc(bytes.length)
        const taken = writeEmail(bytes, 3, bytes.length - 3, out, 2)
        const wanted = normaliseEmail(text)
        if (taken) assert.equal(out.toString('utf8', 2, bytes.length - 4), wanted)
        else assert.ok(wanted === null || /[^!-~]/.test(text), text)
      }),
      { numRuns: 20_000 },
    )
  })

  it('a contact id has the default shape, or has not', () => {
    const part = fc.constantFrom(
      'a',
      'Z',
      '0',
      '.',
      '_',
      ':',
      '@',
      '-',
      ' ',
      'é',
      '+',
      'x'.repeat(60),
      '\0',
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
        (text) => {
          const bytes = bytesOf(text)
          assert.equal(isPlainContactId(bytes, 3, bytes.length - 3), CONTACT_ID_PATTERN.test(text))
        },
      ),
      { numRuns: 5000 },
    )
  })
})
