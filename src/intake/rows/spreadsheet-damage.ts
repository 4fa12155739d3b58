import { normalisePhone } from '../../domain/phones/phone.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'

/** A number as a spreadsheet shows one too long for its cell, with point or comma. */
const SCIENTIFIC = /^['’]?[+-]?\d(?:[.,]\d+)?E[+-]?\d{1,3}$/i
/** What tells a spreadsheet that the cell is text; as typed, and as a word processor turns it. */
const TEXT_MARK = /^['’]\s*(?=[+(\d])/
const WRITTEN_NUMBER = /^[\d\s().\-/]+$/

/** The phone without the spreadsheet's text mark before it: no number starts with one, so nothing is lost. */
export const withoutTextMark = (phone: string): string => phone.replace(TEXT_MARK, '')

const isValid = (written: string, region: string): boolean => normalisePhone(written, region).ok

/**
 * What a spreadsheet or an export did to a phone number that is not valid as it stands; null = nothing that shows. Only ever a hint: which
 * number was meant is for the sender to say.
 */
export const phoneDamage = (written: string, region: string): RejectionCode | null => {
  const text = written.trim()
  if (SCIENTIFIC.test(text)) return 'phone-scientific'
  if (!WRITTEN_NUMBER.test(text)) return null
  const digits = text.replace(/\D/g, '')
  if (digits.startsWith('00')) {
    return isValid(`+${digits.slice(2)}`, region) ? 'phone-exit-code' : null
  }
  if (digits.startsWith('0')) return null
  if (isValid(`0${digits}`, region)) return 'phone-leading-zero-lost'
  return isValid(`+${digits}`, region) ? 'phone-plus-lost' : null
}

/** What a spreadsheet did to a contact id that is not allowed as it stands; null = nothing that shows. */
export const contactIdDamage = (id: string): RejectionCode | null => {
  const text = id.trim()
  if (SCIENTIFIC.test(text)) return 'contact-id-scientific'
  return /^['’]/.test(text) ? 'contact-id-apostrophe' : null
}
