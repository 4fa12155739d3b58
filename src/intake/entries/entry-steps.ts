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
import { E164_LONGEST, PHONE_LONGEST } from '../../domain/phones/phone-reader.ts'
import { isBlank } from '../../domain/text/unseen-characters.ts'
import { hasBadCharacters } from '../rows/check-characters.ts'
import type { Normalisation, NormalisationFor } from '../rows/normalisation.ts'

/** A fault of an entry. `field`: the field at fault. null: the fault concerns the whole entry. */
export type EntryFault = { code: string; field: EntryField | null }

/** Returns the cell of a field. "": the entry has no such cell. */
export type EntryCells = (field: EntryField) => string

/** Checks and normalises one entry, or returns all of its faults. */
export type JudgeEntry = (
  cells: EntryCells,
) => { entry: DncEntry; faults: null } | { faults: [EntryFault, ...EntryFault[]] }

/**
 * Builds the function that judges the entries of one submission, from its options. `now`: an expiry
 * must be later than this. `granted`: the contact lists that entries may name (`*`: all). An entry
 * for any other list would suppress nobody. For removals, two rules differ: the reason is free
 * text, and no removal is quarantined because of the country of its phone.
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
/**
 * How many different terms are remembered. Most entries of a submission have the same terms
 * (reason, source, dates …).
 */
const MOST_TERMS = 2_000
/**
 * Digits and separators without a plus sign. This is a national number whose country is not known.
 */
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
 * Reads the reason of an entry. `originalReason` is the CRM's word for the reason. An export of
 * entries has both in separate columns. The gateway does not derive the reason of an exported entry
 * from the word again, because DNC_REASONS may have changed since.
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

/** Reads the expiry from the two fields for it. Both fields are allowed only if they agree. */
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

/** A removal gives its reason as free text. The text never becomes one of `DNC_REASON_NAMES`. */
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

/**
 * Fills the blank cells of an entry from the options of the submission. If the entry has an expiry,
 * the expiry in the options is ignored.
 */
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
 * Reads the terms of entries. Most entries of a submission have the same terms, so the result for a
 * combination of cells is remembered.
 */
const createTerms = (rules: DncRules, submission: Submitted) => {
  const known = new Map<string, ReadTerms>()
  return (own: EntryCells): ReadTerms => {
    let key = ''
    for (let at = 0; at < TERMS_FIELDS.length; at += 1) {
      const cell = own(TERMS_FIELDS[at]!)
      if (cell !== '') key += `${at},${cell.length},${cell}`
    }
    const before = known.get(key)
    if (before !== undefined) return before
    const read = readTerms(rules, withOptions(own, submission.options), submission)
    if (known.size >= MOST_TERMS) known.clear()
    known.set(key, read)
    return read
  }
}

const bytes = new Uint8Array(PHONE_LONGEST)
const e164 = Buffer.alloc(E164_LONGEST)

/**
 * Reads a cell that has one valid number and nothing else. Most cells of a file are like this, and
 * reading them in this way takes a fraction of the time of all checks. null: the complete checks
 * must decide.
 */
const readPlain = ({ readPhone }: Normalisation, raw: string): string | null => {
  if (raw.length > PHONE_LONGEST) return null
  for (let at = 0; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at)
    if (code > 0x7f) return null
    bytes[at] = code
  }
  const length = readPhone(bytes, 0, raw.length, e164, 0)
  return length > 0 ? e164.toString('latin1', 0, length) : null
}

/**
 * Reads a phone as E.164, or returns the code of its fault. `region` is "" if neither the entry nor
 * the options name a country.
 */
const createReadPhone = (normalisationFor: NormalisationFor) => {
  const within = (region: string): Normalisation => normalisationFor({ region, plus: 'reject' })
  return (raw: string, region: string): { e164: string } | { code: string } => {
    const plain =
      region === '' && !raw.includes('+') ? null : readPlain(within(region || 'US'), raw)
    if (plain !== null) return { e164: plain }
    const text = raw.trim()
    // The gateway never guesses the country. A wrong guess would suppress another person's number,
    // and the person in the entry would still be called.
    if (region === '' && NATIONAL.test(text)) return { code: 'phone-region-missing' }
    const result = within(region === '' ? 'US' : region).phone(text)
    if (!result.ok) return { code: result.code }
    if (region === '' && !/[+\uff0b]/u.test(text)) return { code: 'phone-region-missing' }
    return { e164: result.e164 }
  }
}

/**
 * Builds the steps for submissions of entries. The steps check phones and emails in the same way as
 * the steps for contacts. If the rules are left out, the CRM has no words for reasons, and every
 * added phone is quarantined.
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
