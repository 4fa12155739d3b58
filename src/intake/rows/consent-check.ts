import { type Consent, readConsent } from '../../domain/do-not-call/consent.ts'
import { countriesOfNumber } from '../../domain/phones/phone-country.ts'
import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'

/** The configured rule that some people may be called only if they consented. */
export type ConsentRule = {
  /** The countries of CONSENT_REQUIRED_COUNTRIES, in ISO 3166-1 alpha-2. */
  countries: ReadonlySet<string>
  /** Reads a row's two cells about consent. */
  read: (consentAt: string, consentSource: string) => Consent
}

/** Creates the rule. null: no country requires consent. */
export const createConsentRule = (
  countries: ReadonlySet<string>,
  now: (() => Date) | undefined,
): ConsentRule | null => {
  if (countries.size === 0) return null
  if (now === undefined) throw new Error('Consent cannot be judged without the time')
  // The same two values often repeat from row to row, so the last result is remembered.
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

/** Remembers which rows of a chunk show a consent. */
export const createConsentRows = (rows: number) => {
  const given = createBitmap(rows)
  return {
    give: (row: number): void => setBit(given, row),
    /**
     * The rows that need a consent and show none, ascending. A row needs consent if one of its
     * phones belongs, or may belong, to one of the countries.
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
