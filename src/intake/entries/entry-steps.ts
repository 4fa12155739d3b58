import {
  DNC_REASON_NAMES,
  type DncEntry,
  type DncRules,
  type EntryField,
  type EntryTerms,
} from '../../domain/do-not-call/dnc-entry.ts'
import { LONGEST_WORDS, type DncOptions } from '../../domain/do-not-call/dnc-options.ts'
import { instantOf } from '../../domain/do-not-call/instant.ts'
import { subjectOf } from '../../domain/do-not-call/subject.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { countryOfPhone } from '../../domain/phones/phone-country.ts'
import { isPhoneRegion } from '../../domain/phones/phone-library.ts'
import { isBlank } from '../../domain/text/unseen-characters.ts'
import { hasBadCharacters } from '../rows/check-characters.ts'
import type { Normalisation, NormalisationFor } from '../rows/normalisation.ts'

/** A fault of an entry: its code, and the field at fault. */
export type EntryFault = { code: string; field: EntryField | null }

/** The cells of an entry by their fields. "" if there is none. */
export type EntryCells = (field: EntryField) => string

/** Checks and normalises one entry, or returns all of its faults. */
export type JudgeEntry = (
  cells: EntryCells,
) => { entry: DncEntry; faults: null } | { faults: [EntryFault, ...EntryFault[]] }

/**
 * The steps for the entries of one submission, by its options. `now`: expiries must be later.
 * Removals have free text as their reason, and may be of every country, because a removal is never
 * quarantined. `granted`: the contact lists that entries may name. An entry for another list would
 * suppress nobody.
 */
export type BuildEntrySteps = (submission: {
  kind?: 'add' | 'remove'
  granted?: '*' | readonly string[]
  options: Pick<
    DncOptions,
    'reason' | 'source' | 'receivedAt' | 'expiresAt' | 'expires' | 'region' | 'contactListIds'
  >
  now: Date
}) => JudgeEntry

const LONGEST_WORD = 64
const MOST_LISTS = 100
/** Entries of a submission mostly have the same terms. This many different ones are remembered. */
const MOST_TERMS = 2_000
/** Digits and separators, without a plus sign: a national number of an unknown country. */
const NATIONAL = /^[\d\s()./-]+$/u

const TERMS_FIELDS = [
  'reason',
  'originalReason',
  'source',
  'receivedAt',
  'expiresAt',
  'expires',
  'contactListIds',
  'region',
] as const

type ReadTerms = { terms: EntryTerms; region: string; faults: readonly EntryFault[] }

const readInstant = (text: string, field: EntryField, faults: EntryFault[]): string | null => {
  if (isBlank(text)) return null
  const instant = text.length > LONGEST_WORD ? null : instantOf(text)
  if (instant === null) faults.push({ code: 'date-invalid', field })
  return instant
}

const readLists = (
  text: string,
  granted: '*' | readonly string[],
  faults: EntryFault[],
): string[] | null => {
  if (isBlank(text)) return null
  const ids = [...new Set(text.split(/[,;\s]+/u).filter((id) => id !== ''))].toSorted()
  const valid = ids.length <= MOST_LISTS && ids.every((id) => genesysIdSchema.safeParse(id).success)
  if (!valid) faults.push({ code: 'contact-lists-invalid', field: 'contactListIds' })
  else if (granted !== '*' && !ids.every((id) => granted.includes(id))) {
    faults.push({ code: 'contact-list-not-granted', field: 'contactListIds' })
  }
  return valid ? ids : null
}

/**
 * `originalReason` is what an export says beside the reason, which must not be read from the word
 * again: DNC_REASONS may be others by then.
 */
const readReason = (
  cells: EntryCells,
  { reasons }: DncRules,
): Pick<EntryTerms, 'reason' | 'originalReason'> => {
  const word = cells('reason').trim()
  const original = cells('originalReason').trim() || null
  if (word === '') return { reason: 'UNSPECIFIED', originalReason: original }
  const own = DNC_REASON_NAMES.find((name) => name === word)
  if (own !== undefined) return { reason: own, originalReason: original }
  const named = DNC_REASON_NAMES.find((name) => name === word.toUpperCase())
  const reason = reasons.get(word.toLowerCase()) ?? named ?? 'UNSPECIFIED'
  return { reason, originalReason: original ?? word }
}

/** Until when the entry holds, under either name. */
const readExpiry = (cells: EntryCells, now: Date, faults: EntryFault[]): string | null => {
  const field = isBlank(cells('expiresAt')) ? 'expires' : 'expiresAt'
  const expiresAt = readInstant(cells(field), field, faults)
  if (field === 'expiresAt' && !isBlank(cells('expires'))) {
    const other = readInstant(cells('expires'), 'expires', faults)
    if (other !== expiresAt) faults.push({ code: 'expiry-twice', field: 'expires' })
  }
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime())
    faults.push({ code: 'expiry-past', field })
  return expiresAt
}

/** Why something is removed: no reason not to call, so it is none of ours. */
const inWords = (text: string): ReturnType<typeof readReason> => ({
  reason: 'UNSPECIFIED',
  originalReason: isBlank(text) ? null : text.trim(),
})

const readTerms = (
  rules: DncRules,
  cells: EntryCells,
  about: Pick<Submitted, 'kind' | 'now' | 'granted'>,
): ReadTerms => {
  const faults: EntryFault[] = []
  const removes = about.kind === 'remove'
  for (const field of ['reason', 'originalReason', 'source'] as const) {
    const longest = field === 'reason' && removes ? LONGEST_WORDS : LONGEST_WORD
    if (cells(field).trim().length > longest) faults.push({ code: 'cell-too-long', field })
    if (hasBadCharacters(cells(field))) faults.push({ code: 'text-invalid', field })
  }
  const receivedAt = readInstant(cells('receivedAt'), 'receivedAt', faults)
  const expiresAt = readExpiry(cells, about.now, faults)
  const source = cells('source').trim()
  const region = cells('region').trim()
  if (region !== '' && !isPhoneRegion(region)) {
    faults.push({ code: 'region-unknown', field: 'region' })
  }
  return {
    faults,
    region,
    terms: {
      ...(removes ? inWords(cells('reason')) : readReason(cells, rules)),
      source: source === '' ? null : source,
      receivedAt,
      expiresAt,
      contactListIds: readLists(cells('contactListIds'), about.granted ?? '*', faults),
    },
  }
}

type Submitted = Parameters<BuildEntrySteps>[0]

/** An entry's own cells, with the options for those that it lacks. */
const withOptions = (own: EntryCells, options: Submitted['options']): EntryCells => {
  const given: { [field in EntryField]?: string | undefined } = {
    ...options,
    contactListIds: options.contactListIds?.join(',') ?? '',
  }
  const hasExpiry = !isBlank(own('expiresAt')) || !isBlank(own('expires'))
  return (field) => {
    const cell = own(field)
    if (!isBlank(cell)) return cell
    if (field === 'expires' || (field === 'expiresAt' && hasExpiry)) return ''
    if (field === 'expiresAt') return options.expiresAt ?? options.expires ?? ''
    return given[field] ?? ''
  }
}

/**
 * The terms of entries, each kind judged once by the raw cells, because most entries of a
 * submission have the same.
 */
const createTerms = (rules: DncRules, submission: Submitted) => {
  const known = new Map<string, ReadTerms>()
  return (own: EntryCells): ReadTerms => {
    let key = ''
    for (const field of TERMS_FIELDS) key += `${own(field)}\0`
    const before = known.get(key)
    if (before !== undefined) return before
    const read = readTerms(rules, withOptions(own, submission.options), submission)
    if (known.size >= MOST_TERMS) known.clear()
    known.set(key, read)
    return read
  }
}

/** E.164 and the country, or a code. `region`: "" where nobody named one. */
const createReadPhone = (normalisationFor: NormalisationFor) => {
  const within = (region: string): Normalisation => normalisationFor({ region, plus: 'reject' })
  return (raw: string, region: string): { e164: string } | { code: string } => {
    const text = raw.trim()
    // No region is made up: the wrong person would be suppressed, and the right one called.
    if (region === '' && NATIONAL.test(text)) return { code: 'phone-region-missing' }
    const result = within(region === '' ? 'US' : region).phone(text)
    if (!result.ok) return { code: result.code }
    if (region === '' && !/[+\uff0b]/u.test(text)) return { code: 'phone-region-missing' }
    return { e164: result.e164 }
  }
}

/**
 * Builds the steps for submissions of entries. Phones and emails are checked in the same way as
 * those of contacts. Default: the CRM has no words of its own, and no country is allowed.
 */
export const createEntrySteps = (
  { reasons = new Map(), allowedCountries = new Set() }: Partial<DncRules>,
  normalisationFor: NormalisationFor,
): BuildEntrySteps => {
  const rules = { reasons, allowedCountries }
  const readPhone = createReadPhone(normalisationFor)
  const { email: readEmail } = normalisationFor({ region: 'US', plus: 'reject' })
  return (submission) => {
    const termsOf = createTerms(rules, submission)
    return (own) => {
      const { terms, region, faults: found } = termsOf(own)
      const faults = [...found]
      const [phone, email] = [own('phoneNumber'), own('email')]
      const person = judgePerson(phone, email, (raw) => readPhone(raw, region), readEmail)
      if ('code' in person) faults.push(person)
      const [first, ...more] = faults
      if (first !== undefined) return { faults: [first, ...more] }
      const { kind, subject } = person as Person
      const country = kind === 'phone' ? countryOfPhone(subject) : null
      const quarantined =
        kind === 'phone' &&
        submission.kind !== 'remove' &&
        !rules.allowedCountries.has(country ?? '')
      return { faults: null, entry: { kind, subject, terms, quarantined } }
    }
  }
}

type Person = Pick<DncEntry, 'kind' | 'subject'>

const judgePerson = (
  phone: string,
  email: string,
  readPhone: (raw: string) => { e164: string } | { code: string },
  readEmail: (raw: string) => string | null,
): Person | EntryFault => {
  const [hasPhone, hasEmail] = [!isBlank(phone), !isBlank(email)]
  if (hasPhone && hasEmail) return { code: 'entry-subject-both', field: null }
  if (hasPhone) {
    if (hasBadCharacters(phone)) return { code: 'text-invalid', field: 'phoneNumber' }
    const read = readPhone(phone)
    if ('code' in read) return { code: read.code, field: 'phoneNumber' }
    return { kind: 'phone', subject: read.e164 }
  }
  if (!hasEmail) return { code: 'entry-subject-missing', field: null }
  if (hasBadCharacters(email)) return { code: 'text-invalid', field: 'email' }
  const address = readEmail(email)
  if (address === null) return { code: 'email-invalid', field: 'email' }
  return { kind: 'email', subject: subjectOf(address) }
}
