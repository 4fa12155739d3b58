import { isNullWord } from '../../domain/contacts/contact-id.ts'
import { isScientific } from '../../domain/phones/phone-damage.ts'
import { holdsUnseen, isBlank } from '../../domain/text/unseen-characters.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'

/** What a spreadsheet did to an id that is not allowed. null: nothing visible. */
const damageOf = (id: string): RejectionCode | null => {
  const text = id.trim()
  if (isScientific(text.replace(/^['’]/, ''))) return 'contact-id-scientific'
  return /^['’]/.test(text) ? 'contact-id-apostrophe' : null
}

/**
 * The step for the contact id: present, and of the allowed shape. The id is never changed, not even
 * trimmed. Invisible characters make two ids look like one, and the word for a missing value makes
 * two people one. No pattern allows them.
 */
export const checkContactId = (id: string, pattern: RegExp): RejectionCode | null => {
  if (isBlank(id)) return 'contact-id-missing'
  if (isNullWord(id)) return 'contact-id-null-word'
  if (holdsUnseen(id)) return 'contact-id-invalid'
  return pattern.test(id) ? null : (damageOf(id) ?? 'contact-id-invalid')
}
