import { type Consent, readConsent } from '../../domain/do-not-call/consent.ts'
import { countriesOfNumber } from '../../domain/phones/phone-country.ts'
import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'

/** What the configuration requires of rows before their people are called. */
export type ConsentRule = {
  /** CONSENT_REQUIRED_COUNTRIES, ISO 3166-1 alpha-2. */
  countries: ReadonlySet<string>
  /** What the two cells of a row say. */
  read: (consentAt: string, consentSource: string) => Consent
}

/** null: consent is required nowhere. */
export const createConsentRule = (
  countries: ReadonlySet<string>,
  now: (() => Date) | undefined,
): ConsentRule | null => {
  if (countries.size === 0) return null
  if (now === undefined) throw new Error('Consent cannot be judged without the time')
  // Columns mostly hold the same time over and over.
  let last: { consentAt: string; consentSource: string; is: Consent } | null = null
  return {
    countries,
    read: (consentAt, consentSource) => {
      if (last?.consentAt === consentAt && last.consentSource === consentSource) return last.is
      const is = readConsent(consentAt, consentSource, now().getTime())
      last = { consentAt, consentSource, is }
      return is
    },
  }
}

type Numbers = { subjectRows: Uint16Array; subjectNumbers: Float64Array }

/** Which rows of a chunk gave consent, and in the end which lack it that need it. */
export const createConsentRows = (rows: number) => {
  const given = createBitmap(rows)
  return {
    give: (row: number): void => setBit(given, row),
    /**
     * Ascending: rows with a phone of one of the countries, or that may be of one, that gave none.
     */
    lacking: (
      countries: ReadonlySet<string>,
      { subjectRows, subjectNumbers }: Numbers,
    ): number[] => {
      const lacking = new Set<number>()
      for (const [at, row] of subjectRows.entries()) {
        if (subjectNumbers[at] === 0 || hasBit(given, row)) continue
        if (countriesOfNumber(subjectNumbers[at]!).some((country) => countries.has(country))) {
          lacking.add(row)
        }
      }
      return [...lacking].toSorted((a, b) => a - b)
    },
  }
}
