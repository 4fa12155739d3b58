import { FEWEST_PHONE_DIGITS, isPhoneNumber } from '../../domain/contacts/contact-id.ts'
import { normaliseDate } from '../../domain/contacts/date.ts'
import { normaliseEmail } from '../../domain/emails/email.ts'
import { normalisePhone } from '../../domain/phones/phone.ts'
import type { RejectionCode, RowFault } from '../../domain/uploads/rejection.ts'
import type { ColumnPlan, TargetColumn } from '../columns/column-plan.ts'
import type { IntakeSpec } from '../contract.ts'
import { findBadCharacters } from './check-characters.ts'
import { checkContactId } from './check-contact-id.ts'
import { phoneDamage, withoutTextMark } from './spreadsheet-damage.ts'

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
const isReadAs = (contactId: string, e164: string, region: string): boolean => {
  if (contactId.length < FEWEST_PHONE_DIGITS || !e164.endsWith(contactId.slice(-2))) return false
  if (contactId.replace(/\D/g, '').length < FEWEST_PHONE_DIGITS) return false
  const read = normalisePhone(contactId, region)
  return read.ok && read.e164 === e164
}

const isAmongPhones = (contactId: string, phones: readonly string[], region: string): boolean =>
  phones.some(
    (e164, at) =>
      at % 2 === 1 &&
      (isPhoneNumber(contactId, e164, phones[at - 1]!) || isReadAs(contactId, e164, region)),
  )

type Phones = { region: string; phones: PhoneCounters }

/** The step for a phone: without a spreadsheet's text mark, E.164 in its column, the extension in the column that the list has for it. */
const placePhone = (
  target: TargetColumn,
  at: number,
  raw: string,
  draft: Draft,
  { region, phones }: Phones,
): RejectionCode | null => {
  const written = withoutTextMark(raw.trim())
  const result = normalisePhone(written, region)
  if (result.direct) phones.direct += 1
  else phones.library += 1
  if (!result.ok) {
    return (result.code === 'phone-invalid' ? phoneDamage(written, region) : null) ?? result.code
  }
  draft.cells[at] = result.e164
  draft.subjects.push(result.e164)
  draft.phones.push(written, result.e164)
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
  phones: Phones,
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
  if (target.kind === 'phone') return placePhone(target, at, raw, draft, phones)
  const value = target.kind === 'email' ? normaliseEmail(raw) : normaliseDate(raw)
  if (value === null) return target.kind === 'email' ? 'email-invalid' : 'date-invalid'
  draft.cells[at] = value
  if (target.kind === 'email') draft.subjects.push(value)
  return null
}

export const createRowCheck = (
  plan: ColumnPlan,
  spec: IntakeSpec,
  phones: PhoneCounters,
): CheckRow => {
  const { targets, idIndex, columns } = plan
  const region = spec.options.defaultRegion ?? spec.defaultRegion
  const longest = spec.limits.cellChars ?? Number.POSITIVE_INFINITY
  const nameAt = (index: number): string | null => columns[index]?.name ?? null

  return (cells, suspect) => {
    if (suspect) {
      const bad = findBadCharacters(cells)
      if (bad >= 0) return fault('text-invalid', nameAt(bad))
    }
    const contactId = cells[idIndex]!
    const idFault = checkContactId(contactId, spec.contactIdPattern)
    if (idFault !== null) return fault(idFault, nameAt(idIndex))
    const draft: Draft = { cells: [], subjects: [], phones: [] }
    for (const target of targets) {
      draft.cells.push(target.source < 0 ? '' : cells[target.source]!)
    }
    for (let at = 0; at < targets.length; at += 1) {
      const target = targets[at]!
      const code = placeCell(target, at, draft, { region, phones })
      if (code !== null) return fault(code, target.fileName)
      if (draft.cells[at]!.length > longest) return fault('cell-too-long', target.fileName)
    }
    if (draft.subjects.length === 0) return fault('no-phone-no-email', null)
    if (isAmongPhones(contactId, draft.phones, region)) {
      return fault('contact-id-is-phone', nameAt(idIndex))
    }
    return { fault: null, contactId, cells: draft.cells, subjects: draft.subjects }
  }
}
