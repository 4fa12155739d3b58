/**
 * What the law requires of callers, as data with dates. The lines are notes of engineers with their
 * sources, not legal advice. If you change a line, change this version too, because certificates
 * name it.
 */
export const RULE_TABLE_VERSION = '2026-11-28'

/**
 * What a rule limits.
 * - `registry-age`: how old the registry may be at the time of a call.
 * - `apply-opt-out`: how soon an opt-out must be followed.
 * - `consent`: the person must have consented before the call.
 * - `consent-records`, `call-records`, `opt-out-records`: how long these records must be kept.
 */
export type RuleLimit =
  | 'registry-age'
  | 'apply-opt-out'
  | 'consent'
  | 'consent-records'
  | 'call-records'
  | 'opt-out-records'

export type Rule = {
  id: string
  /** ISO 3166-1 alpha-2, or ISO 3166-2 for a state. */
  country: string
  limits: RuleLimit
  /** null: the rule has no number. */
  value: { days: number } | { businessDays: number } | { years: number } | null
  /**
   * `validFrom`: the first day on which the rule is in force. `validUntil`: the first day on which
   * it is no longer in force. null: the rule has no end. Both are days in ISO 8601.
   */
  validFrom: string
  validUntil: string | null
  source: { citation: string; date: string }
  /** A note for those who read the rule. */
  note?: string
}

export const RULE_TABLE: readonly Rule[] = [
  {
    id: 'us-opt-out-10-business-days',
    country: 'US',
    limits: 'apply-opt-out',
    value: { businessDays: 10 },
    validFrom: '2025-04-11',
    validUntil: null,
    source: { citation: '47 CFR 64.1200(a)(10) and (d)(3), 89 FR 15756', date: '2024-03-05' },
    note: 'From 2027-01-31, one revocation of consent counts for all calls of the caller. Until then, this part of the rule is waived.',
  },
  {
    id: 'us-opt-out-30-days',
    country: 'US',
    limits: 'apply-opt-out',
    value: { days: 30 },
    validFrom: '2003-08-25',
    validUntil: '2025-04-11',
    source: { citation: '47 CFR 64.1200(d)(3), 68 FR 44144', date: '2003-07-25' },
  },
  {
    id: 'us-registry-31-days',
    country: 'US',
    limits: 'registry-age',
    value: { days: 31 },
    validFrom: '2005-01-01',
    validUntil: null,
    source: { citation: '16 CFR 310.4(b)(3)(iv), 69 FR 16368', date: '2004-03-29' },
  },
  {
    id: 'us-call-records-5-years',
    country: 'US',
    limits: 'call-records',
    value: { years: 5 },
    validFrom: '2024-05-16',
    validUntil: null,
    source: { citation: '16 CFR 310.5, 89 FR 26760', date: '2024-04-16' },
  },
  {
    id: 'us-va-opt-out-10-years',
    country: 'US-VA',
    limits: 'opt-out-records',
    value: { years: 10 },
    validFrom: '2026-01-01',
    validUntil: null,
    source: { citation: 'Virginia Telephone Privacy Protection Act, SB 1339', date: '2025-03-24' },
    note: 'Opt-outs by text message. We know this rule only from secondary sources. An entry without an expiry suppresses forever.',
  },
  {
    id: 'gb-registry-28-days',
    country: 'GB',
    limits: 'registry-age',
    value: { days: 28 },
    validFrom: '2003-12-11',
    validUntil: null,
    source: {
      citation: 'Privacy and Electronic Communications Regulations 2003 (SI 2003/2426), reg. 21',
      date: '2003-09-18',
    },
    note: 'The Telephone Preference Service. Under the Data (Use and Access) Act 2025, an attempt to call counts as a call.',
  },
  {
    id: 'fr-consent',
    country: 'FR',
    limits: 'consent',
    value: null,
    validFrom: '2026-08-11',
    validUntil: null,
    source: { citation: 'Loi n° 2025-594, art. 13', date: '2025-06-30' },
    note: 'The registry Bloctel ended on that day.',
  },
  {
    id: 'de-consent',
    country: 'DE',
    limits: 'consent',
    value: null,
    validFrom: '2009-08-04',
    validUntil: null,
    source: { citation: '§ 7 UWG', date: '2009-07-29' },
  },
  {
    id: 'de-consent-records-5-years',
    country: 'DE',
    limits: 'consent-records',
    value: { years: 5 },
    validFrom: '2021-10-01',
    validUntil: null,
    source: { citation: '§ 7a UWG', date: '2021-08-10' },
    note: 'The period begins with the consent, and begins again with each use of the consent. The rule binds the call centre, and also the company for which the call centre makes the calls.',
  },
]

/** The rules of a country for this limit that are in force on the day of `at`, in UTC. */
export const rulesOf = (country: string, limits: RuleLimit, at: Date): Rule[] => {
  const day = at.toISOString().slice(0, 10)
  return RULE_TABLE.filter(
    (rule) =>
      rule.country === country &&
      rule.limits === limits &&
      rule.validFrom <= day &&
      (rule.validUntil === null || day < rule.validUntil),
  )
}
