import { isNullWord } from '../../domain/contacts/contact-id.ts'
import { isScientific } from '../../domain/phones/phone-damage.ts'
import { holdsUnseen, isBlank } from '../../domain/text/unseen-characters.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'

/**
 * The code for an invalid id that a spreadsheet has visibly damaged. null: no damage is visible.
 */
const damageOf = (id: string): RejectionCode | null => {
  const text = id.trim()
  if (isScientific(text.replace(/^['’]/, ''))) return 'contact-id-scientific'
  return /^['’]/.test(text) ? 'contact-id-apostrophe' : null
}

/**
 * Checks that the contact id is present and has the allowed form. The id is never changed, not even
 * trimmed. Two kinds of ids are refused even if they match the pattern: ids with invisible
 * characters, because two such ids may look alike, and words for a missing value (such as `NULL`),
 * because many people would share one id.
 */
export const checkContactId = (id: string, pattern: RegExp): RejectionCode | null => {
  if (isBlank(id)) return 'contact-id-missing'
  if (isNullWord(id)) return 'contact-id-null-word'
  if (holdsUnseen(id)) return 'contact-id-invalid'
  return pattern.test(id) ? null : (damageOf(id) ?? 'contact-id-invalid')
}
