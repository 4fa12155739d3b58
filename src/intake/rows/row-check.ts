import { FEWEST_PHONE_DIGITS, isPhoneNumber } from '../../domain/contacts/contact-id.ts'
import type { RejectionCode, RowFault } from '../../domain/uploads/rejection.ts'
import type { ColumnPlan, TargetColumn } from '../columns/column-plan.ts'
import { findBadCharacters } from './check-characters.ts'
import type { ContactSteps } from './contact-steps.ts'
import type { Normalisation } from './normalisation.ts'

/** A row that passed. `subjects`: its phones and emails, normalised. */
export type CheckedRow = { fault: null; contactId: string; cells: string[]; subjects: string[] }

/** Judges one record and normalises it; the first fault in the order of the list's columns counts. */
export type CheckRow = (
  cells: readonly string[],
  suspect: boolean,
) => CheckedRow | { fault: RowFault }

export type PhoneCounters = { direct: number; library: number }

type Draft = {
  cells: string[]
  subjects: string[]
  /** The row's phones as written and in E.164, in turn. */
  phones: string[]
}

const fault = (code: RejectionCode, column: string | null): { fault: RowFault } => ({
  fault: { code, column },
})

/** Whether the id is the phone when read as a number of the region. Only ids that end like the phone are read: reading costs. */
const isReadAs = (contactId: string, e164: string, normalise: Normalisation): boolean => {
  if (contactId.length < FEWEST_PHONE_DIGITS || !e164.endsWith(contactId.slice(-2))) return false
  if (contactId.replace(/\D/g, '').length < FEWEST_PHONE_DIGITS) return false
  const read = normalise.number(contactId)
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

/** A phone: E.164 in its column, the extension in the column that the list has for it. */
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
  draft.cells[at] = result.e164
  draft.subjects.push(result.e164)
  draft.phones.push(result.written, result.e164)
  if (result.ext === null) return null
  if (target.extensionAt < 0) return 'phone-extension'
  const present = draft.cells[target.extensionAt]!.trim()
  if (present !== '' && present !== result.ext) return 'phone-extension'
  draft.cells[target.extensionAt] = result.ext
  return null
}

/** The step of the column's kind. */
const placeCell = (
  target: TargetColumn,
  at: number,
  draft: Draft,
  steps: Steps,
): RejectionCode | null => {
  const raw = draft.cells[at]!
  if (target.kind === 'text') {
    if (target.required && raw.trim() === '') return 'required-empty'
    return null
  }
  if (raw.trim() === '') {
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

/** The check of the rows of one file: the steps, over the columns that its header and the list's schema come to. */
export const createRowCheck = (
  plan: ColumnPlan,
  { normalise, checkId, longestCell }: ContactSteps,
  phones: PhoneCounters,
): CheckRow => {
  const { targets, idIndex, columns } = plan
  const steps = { normalise, phones }
  const nameAt = (index: number): string | null => columns[index]?.name ?? null

  return (cells, suspect) => {
    if (suspect) {
      const bad = findBadCharacters(cells)
      if (bad >= 0) return fault('text-invalid', nameAt(bad))
    }
    const contactId = cells[idIndex]!
    const idFault = checkId(contactId)
    if (idFault !== null) return fault(idFault, nameAt(idIndex))
    const draft: Draft = { cells: [], subjects: [], phones: [] }
    for (const target of targets) {
      draft.cells.push(target.source < 0 ? '' : cells[target.source]!)
    }
    for (let at = 0; at < targets.length; at += 1) {
      const target = targets[at]!
      const code = placeCell(target, at, draft, steps)
      if (code !== null) return fault(code, target.fileName)
      if (draft.cells[at]!.length > longestCell) return fault('cell-too-long', target.fileName)
    }
    if (draft.subjects.length === 0) return fault('no-phone-no-email', null)
    if (isAmongPhones(contactId, draft.phones, normalise)) {
      return fault('contact-id-is-phone', nameAt(idIndex))
    }
    return { fault: null, contactId, cells: draft.cells, subjects: draft.subjects }
  }
}
