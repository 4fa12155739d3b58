import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { bodyOf, column, COLUMNS, refusal, specOf, type SpecChanges } from '../taken.ts'

const NOW = new Date('2026-11-28T12:00:00Z')
const RULES = { consentCountries: new Set(['DE', 'FR']), now: () => NOW }
const GERMAN = '+4915112345678'
const FRENCH = '+33612345678'
const AMERICAN = '+12015550101'
const HEADER = 'contactId,name,phone,email,consentAt,consentSource'

/** What intake makes of a file, in both of its ways to read a row, which must agree. */
const take = async (file: string, changes: SpecChanges = {}) => {
  const [plain, checked] = await Promise.all(
    [true, false].map(async (plainRows) => {
      const lacking: number[] = []
      const targets: string[] = []
      const faults: [number, string, string | null][] = []
      const spec = specOf({ rules: RULES, ...changes })
      const result = await createRunIntake({ plainRows })(bodyOf(file), spec, {
        take: async ({ lines, withoutConsent = [], rejected }) => {
          lacking.push(...withoutConsent.map((row) => lines[row]!))
          faults.push(
            ...rejected.map(({ line, code, column: name }): [number, string, string | null] => [
              ...([line, code, name] as const),
            ]),
          )
        },
        idDigests: async function* () {},
      })
      targets.push(...result.targetColumns)
      return { lacking, faults, targets, accepted: result.counts.accepted }
    }),
  )
  assert.deepEqual(plain, checked)
  return plain!
}

const fileOf = (...rows: string[]): string => [HEADER, ...rows].join('\n')

describe('Consent of the people in a file', () => {
  it('is needed where the configuration says, and nowhere else', async () => {
    const given = ',2026-01-31T09:30:00+01:00,web form'
    const { lacking, faults, accepted } = await take(
      fileOf(
        `a,A,${GERMAN},${given}`,
        `b,B,${GERMAN},,,`,
        `c,C,${FRENCH},,2026-01-31T09:30:00Z,`,
        `d,D,${FRENCH},,,web form`,
        `e,E,${AMERICAN},,,`,
        `f,F,,f@example.de,,`,
        `g,G,${FRENCH},,2026-01-31T09:30:00Z, `,
      ),
    )
    assert.deepEqual([accepted, faults], [7, []])
    assert.deepEqual(lacking, [3, 4, 5, 8])
    const none = await take(fileOf(`b,B,${GERMAN},,,`), { rules: {} })
    assert.deepEqual(none.lacking, [])
  })

  it('is told for the phone of each column, and is lacking where the file has no such columns', async () => {
    const columns = [...COLUMNS, column('phone2', 'phone')]
    const two = `contactId,name,phone,email,phone2\na,A,${AMERICAN},,${GERMAN}\nb,B,${AMERICAN},,`
    assert.deepEqual((await take(two, { columns })).lacking, [2])
  })

  it('has a time with a zone that has passed; otherwise the row is rejected at its place', async () => {
    const { faults, accepted } = await take(
      fileOf(
        `a,A,${GERMAN},,2026-01-31,web`,
        `b,B,${GERMAN},,2026-01-31T09:30:00,web`,
        `c,C,${GERMAN},,2026-02-30T09:30:00Z,web`,
        `d,D,${AMERICAN},,yes,web`,
        `e,E,${GERMAN},,2026-11-28T12:06:00Z,web`,
        `f,F,${GERMAN},,2026-11-28T12:04:00Z,web`,
      ),
    )
    const invalid = 'consent-time-invalid'
    assert.equal(accepted, 1)
    assert.deepEqual(faults, [
      [2, invalid, 'consentAt'],
      [3, invalid, 'consentAt'],
      [4, invalid, 'consentAt'],
      [5, invalid, 'consentAt'],
      [6, 'consent-time-future', 'consentAt'],
    ])
    const unasked = await take(fileOf(`a,A,${GERMAN},,yes,web`), { rules: {} })
    assert.deepEqual([unasked.accepted, unasked.faults], [1, []])
  })

  it('is in columns of the gateway: never drift, never added, sent only where the list has them', async () => {
    const row = fileOf(`a,A,${GERMAN},,2026-01-31T09:30:00Z,web`)
    for (const schemaDrift of ['reject', 'extend', 'drop']) {
      for (const rules of [RULES, {}]) {
        const { targets, accepted } = await take(row, { rules, options: { schemaDrift } })
        assert.deepEqual(
          targets,
          COLUMNS.map(({ name }) => name),
        )
        assert.equal(accepted, 1)
      }
    }
    const columns = [...COLUMNS, column('consentAt'), column('consentSource')]
    assert.deepEqual((await take(row, { columns })).targets.slice(-2), [
      'consentAt',
      'consentSource',
    ])
  })

  it('is found under the names that the mapping gives', async () => {
    const options = { mapping: { 'Opt-in': 'consentAt', Quelle: 'consentSource' } }
    const file = [
      'contactId,name,phone,email,Opt-in,Quelle',
      `a,A,${GERMAN},,2026-01-31T09:30:00Z,web`,
      `b,B,${GERMAN},,2026-01-31T09:30:00Z,`,
    ].join('\n')
    const { lacking, targets } = await take(file, { options })
    assert.deepEqual(lacking, [3])
    assert.equal(targets.length, COLUMNS.length)
    const { code } = await refusal(file, { rules: RULES })
    assert.equal(code, 'schema-drift')
  })
})
