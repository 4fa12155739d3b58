import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import {
  addUsBusinessDays,
  isUsBusinessDay,
  usBusinessDaysBetween,
} from '../../../../src/domain/do-not-call/rules/business-days.ts'
import {
  applyOptOutBy,
  applyOptOutByStrictest,
  consentCountries,
  registryAgeDays,
} from '../../../../src/domain/do-not-call/rules/limits.ts'
import {
  RULE_TABLE,
  RULE_TABLE_VERSION,
} from '../../../../src/domain/do-not-call/rules/rule-table.ts'

const at = (day: string) => new Date(`${day}T12:00:00Z`)

describe('Business days of the United States', () => {
  it('leave out weekends and the eleven federal holidays as they are kept', () => {
    // The holidays that the Office of Personnel Management lists.
    const kept: Record<string, string> = {
      2021: '01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31',
      2026: '01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25',
      2027: '01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31',
    }
    for (const [year, days] of Object.entries(kept)) {
      const off: string[] = []
      for (let dayMs = Date.UTC(Number(year), 0, 1); ; dayMs += 86_400_000) {
        const date = new Date(dayMs)
        if (String(date.getUTCFullYear()) !== year) break
        const day = date.toISOString().slice(0, 10)
        const isWeekend = date.getUTCDay() % 6 === 0
        if (!isWeekend && !isUsBusinessDay(day)) off.push(day.slice(5))
      }
      assert.equal(off.join(' '), days, year)
    }
  })

  it('count from the day after, over holidays and the end of the year', () => {
    assert.equal(addUsBusinessDays('2026-11-20', 10), '2026-12-07')
    assert.equal(addUsBusinessDays('2026-12-23', 10), '2027-01-08')
    assert.equal(addUsBusinessDays('2026-11-21', 1), '2026-11-23')
    assert.equal(usBusinessDaysBetween('2026-11-20', '2026-12-07'), 10)
    assert.equal(usBusinessDaysBetween('2026-11-25', '2026-11-26'), 0)
  })
})

describe('Limits of the law', () => {
  it('say by when an opt-out is followed, in ten business days since 2025-04-11 and thirty days before', () => {
    assert.equal(applyOptOutBy('US', at('2026-11-20'))?.toISOString(), '2026-12-08T00:00:00.000Z')
    assert.equal(applyOptOutBy('US', at('2025-04-10'))?.toISOString(), '2025-05-10T12:00:00.000Z')
    assert.equal(applyOptOutBy('US', at('2025-04-11'))?.toISOString(), '2025-04-26T00:00:00.000Z')
    assert.equal(applyOptOutBy('GB', at('2026-11-20')), null)
    assert.deepEqual(
      applyOptOutByStrictest(at('2026-11-20')),
      applyOptOutBy('US', at('2026-11-20')),
    )
  })

  it('count an evening in the west as that day, and end no later than the day does in the east', () => {
    // It is Monday evening in Honolulu and Tuesday in UTC.
    const evening = new Date('2026-11-17T05:00:00Z')
    assert.equal(applyOptOutBy('US', evening)?.toISOString(), '2026-12-02T00:00:00.000Z')
  })

  it('say how old a registry may be, by country and day', () => {
    assert.deepEqual(
      ['US', 'GB', 'AU'].map((country) => registryAgeDays(country, at('2026-11-20'))),
      [31, 28, 31],
    )
  })

  it('say where calls need consent', () => {
    assert.deepEqual(consentCountries(at('2026-08-10')), ['DE'])
    assert.deepEqual(consentCountries(at('2026-08-11')), ['DE', 'FR'])
  })
})

describe('The table of rules', () => {
  it('has each rule once, with days that exist, in order and after its source', () => {
    assert.equal(new Set(RULE_TABLE.map(({ id }) => id)).size, RULE_TABLE.length)
    for (const { id, validFrom, validUntil, source } of RULE_TABLE) {
      for (const day of [validFrom, validUntil, source.date]) {
        if (day === null) continue
        assert.equal(new Date(day).toISOString().slice(0, 10), day, id)
      }
      assert.ok(validUntil === null || validFrom < validUntil, id)
      assert.ok(source.date <= validFrom && source.date <= RULE_TABLE_VERSION, id)
    }
  })

  it('is what the docs say, with its version', () => {
    const page = readFileSync(new URL('../../../../docs/do-not-call.md', import.meta.url), 'utf8')
    assert.ok(page.includes(RULE_TABLE_VERSION))
    for (const { id, country, value, validFrom, validUntil, source } of RULE_TABLE) {
      const amount = value === null ? 'needed' : Object.entries(value).flat().toReversed().join(' ')
      const limit = amount.replace('businessDays', 'business days')
      const line = `| ${country} | ${id} | ${limit} | ${validFrom} | ${validUntil ?? '–'} | ${source.citation} (${source.date}) |`
      assert.ok(page.includes(line), line)
    }
  })
})
