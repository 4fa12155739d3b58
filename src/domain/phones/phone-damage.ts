/** What a spreadsheet or an export did to a number. */
export type PhoneDamage =
  | 'phone-scientific'
  | 'phone-leading-zero-lost'
  | 'phone-plus-lost'
  | 'phone-exit-code'

/**
 * A number that was too long for its cell, as a spreadsheet shows it: `4.15556E+09`, with a point
 * or a comma.
 */
const SCIENTIFIC = /^[+-]?\d(?:[.,]\d+)?E[+-]?\d{1,3}$/i
const WRITTEN_NUMBER = /^[\d\s().\-/]+$/

/** Whether a text is a number in the scientific notation of a spreadsheet. */
export const isScientific = (text: string): boolean => SCIENTIFIC.test(text)

/**
 * Guesses how a phone number that is not valid was damaged. null: no damage is visible. The result
 * is only a hint in the ledger. The gateway does not correct the number, because it cannot
 * know which number was meant. `text` comes from `plainPhoneText`.
 */
export const phoneDamage = (
  text: string,
  isValid: (text: string) => boolean,
): PhoneDamage | null => {
  if (isScientific(text)) return 'phone-scientific'
  if (!WRITTEN_NUMBER.test(text)) return null
  const digits = text.replace(/\D/g, '')
  if (digits.startsWith('00')) return isValid(`+${digits.slice(2)}`) ? 'phone-exit-code' : null
  if (digits.startsWith('0')) return null
  if (isValid(`0${digits}`)) return 'phone-leading-zero-lost'
  return isValid(`+${digits}`) ? 'phone-plus-lost' : null
}
