import type { RejectionCode } from '../../domain/uploads/rejection.ts'
import { contactIdDamage } from './spreadsheet-damage.ts'

/** The step for the contact id: present, and of the allowed shape. It is never changed, not even trimmed. */
export const checkContactId = (id: string, pattern: RegExp): RejectionCode | null => {
  if (id.trim() === '') return 'contact-id-missing'
  return pattern.test(id) ? null : (contactIdDamage(id) ?? 'contact-id-invalid')
}
