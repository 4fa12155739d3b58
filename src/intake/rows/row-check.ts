import { FEWEST_PHONE_DIGITS, isPhoneNumber } from '../../domain/contacts/contact-id.ts'
import { isBlank } from '../../domain/text/unseen-characters.ts'
import type { RejectionCode, RowFault } from '../../domain/uploads/rejection.ts'
import type { ColumnLayout, TargetColumn } from '../columns/column-layout.ts'
import { hasBadCharacters } from './check-characters.ts'
import type { ContactSteps } from './contact-steps.ts'
import type { Normalisation } from './normalisation.ts'

/**
 * A row without faults. `subjects`: its phones and emails, normalised. `decimals`: whether the
 * check removed a `.0` that a spreadsheet had added to a phone.
 */
export type CheckedRow = {
  faults: null
  contactId: string
  cells: string[]
  subjects: string[]
  decimals: boolean
  /**
   * Whether the row says when and how the person agreed to be called. false: also if consent is not
   * checked.
   */
  consented: boolean
}

export type RefusedRow = { faults: [RowFault, ...RowFault[]] }

/**
 * Checks and normalises one record. Returns all of its faults together, in this order: the faults
 * found earlier (`found`), characters that are not allowed, the id, the cells in the order of the
 * list's columns, a missing phone and email, an id that is a phone number, the consent.
 */
export type CheckRow = (
  cells: readonly string[],
  found: readonly RowFault[],
  suspect: boolean,
) => CheckedRow | RefusedRow

/**
 * How many phones were read directly and how many by the library. `normalized`: how many of all
 * these were valid and became E.164.
 */
export type PhoneCounters = { direct: number; library: number; normalized: number }

type Draft = {
  cells: string[]
  subjects: string[]
  /** Pairs: a phone as written, and the same phone in E.164. */
  phones: string[]
  decimals: boolean
}

/**
 * Whether the id, read as a number of the region, is this phone. Reading is slow, so the id is read
 * only if it has enough digits and its last two characters are the last two digits of the phone.
 */
const isReadAs = (contactId: string, e164: string, normalise: Normalisation): boolean => {
  if (contactId.length < FEWEST_PHONE_DIGITS || !e164.endsWith(contactId.slice(-2))) return false
  if (contactId.replace(/\D/g, '').length < FEWEST_PHONE_DIGITS) return false
  const read = normalise.phone(contactId)
  return read.ok && read.e164 === e164
}

const isAmongPhones = (
  contactId: string,
  phones: readonly string[],
  normalise: Normalisation,
): boolean =>
  phones.some(
    (e164, at) =>
      at % 2 === 1 &&
      (isPhoneNumber(contactId, e164, phones[at - 1]!) || isReadAs(contactId, e164, normalise)),
  )

type Steps = { normalise: Normalisation; phones: PhoneCounters }

/**
 * Puts the phone into its column as E.164, and its extension into the list's column for extensions.
 */
const placePhone = (
  target: TargetColumn,
  at: number,
  raw: string,
  draft: Draft,
  { normalise, phones }: Steps,
): RejectionCode | null => {
  const result = normalise.phone(raw)
  if (result.direct) phones.direct += 1
  else phones.library += 1
  if (!result.ok) return result.code
  phones.normalized += 1
  draft.cells[at] = result.e164
  draft.subjects.push(result.e164)
  draft.phones.push(result.written, result.e164)
  if (result.decimals) draft.decimals = true
  if (result.ext === null) return null
  if (target.extensionAt < 0) return 'phone-extension'
  const present = draft.cells[target.extensionAt]!.trim()
  if (present !== '' && present !== result.ext) return 'phone-extension'
  draft.cells[target.extensionAt] = result.ext
  return null
}

/** Checks and normalises the cell according to its column's kind. */
const placeCell = (
  target: TargetColumn,
  at: number,
  draft: Draft,
  steps: Steps,
): RejectionCode | null => {
  const raw = draft.cells[at]!
  if (target.kind === 'text') return target.required && isBlank(raw) ? 'required-empty' : null
  if (isBlank(raw)) {
    draft.cells[at] = ''
    return target.required ? 'required-empty' : null
  }
  if (target.kind === 'phone') return placePhone(target, at, raw, draft, steps)
  const { normalise } = steps
  const value = target.kind === 'email' ? normalise.email(raw) : normalise.date(raw)
  if (value === null) return target.kind === 'email' ? 'email-invalid' : 'date-invalid'
  draft.cells[at] = value
  if (target.kind === 'email') draft.subjects.push(value)
  return null
}

/**
 * Whether the row contains a phone or an email, even an invalid one. Only a row with neither gets
 * the fault that both are missing.
 */
const speaksOfSubject = (draft: Draft, targets: readonly TargetColumn[]): boolean =>
  draft.subjects.length > 0 ||
  targets.some(({ kind }, at) => (kind === 'phone' || kind === 'email') && draft.cells[at] !== '')

/** Creates the check for the rows of one file, from its columns and the steps for its upload. */
export const createRowCheck = (
  layout: ColumnLayout,
  { normalise, checkId, longestCell, consent }: ContactSteps,
  phones: PhoneCounters,
): CheckRow => {
  const { targets, idIndex, columns } = layout
  const steps = { normalise, phones }
  const nameAt = (index: number): string | null => columns[index]?.name ?? null

  const addCharacterFaults = (cells: readonly string[], faults: RowFault[]): void => {
    for (const [index, cell] of cells.entries()) {
      if (hasBadCharacters(cell)) faults.push({ code: 'text-invalid', column: nameAt(index) })
    }
  }
  const judgeCells = (cells: readonly string[], faults: RowFault[]): Draft => {
    // Most rows have no fault yet.
    const known = faults.length === 0 ? null : new Set(faults.map(({ column }) => column))
    const draft: Draft = { cells: [], subjects: [], phones: [], decimals: false }
    for (const { source } of targets) draft.cells.push(source < 0 ? '' : cells[source]!)
    for (let at = 0; at < targets.length; at += 1) {
      const target = targets[at]!
      // A column gets only one fault. A cell that is not valid text is not a valid phone either.
      if (target.source >= 0 && known?.has(target.fileName)) continue
      const code = placeCell(target, at, draft, steps)
      const tooLong = draft.cells[at]!.length > longestCell ? 'cell-too-long' : null
      const fault = code ?? tooLong
      if (fault !== null) faults.push({ code: fault, column: target.fileName })
    }
    return draft
  }
  /** Whether the person agreed to be called. */
  const judgeConsent = (cells: readonly string[], faults: RowFault[]): boolean => {
    const { at, source } = layout.consent
    const is = consent?.read(cells[at] ?? '', cells[source] ?? '') ?? 'missing'
    if (is === 'given' || is === 'missing') return is === 'given'
    faults.push({ code: is, column: nameAt(at) })
    return false
  }
  return (cells, found, suspect) => {
    const faults = [...found]
    if (suspect) addCharacterFaults(cells, faults)
    const contactId = cells[idIndex]!
    const idName = nameAt(idIndex)
    if (!faults.some(({ column }) => column === idName)) {
      const code = checkId(contactId)
      if (code !== null) faults.push({ code, column: idName })
    }
    const draft = judgeCells(cells, faults)
    if (!speaksOfSubject(draft, targets)) faults.push({ code: 'no-phone-no-email', column: null })
    if (draft.phones.length > 0 && isAmongPhones(contactId, draft.phones, normalise)) {
      faults.push({ code: 'contact-id-is-phone', column: idName })
    }
    const consented = judgeConsent(cells, faults)
    const [first, ...more] = faults
    if (first !== undefined) return { faults: [first, ...more] }
    const { subjects, decimals } = draft
    return { faults: null, contactId, cells: draft.cells, subjects, decimals, consented }
  }
}
