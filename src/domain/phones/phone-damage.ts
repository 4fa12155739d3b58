/** Damage that a spreadsheet or an export did to a number. */
export type PhoneDamage =
  | 'phone-scientific'
  | 'phone-leading-zero-lost'
  | 'phone-plus-lost'
  | 'phone-exit-code'

/** A number as a spreadsheet shows one too long for its cell, with point or comma. */
const SCIENTIFIC = /^[+-]?\d(?:[.,]\d+)?E[+-]?\d{1,3}$/i
const WRITTEN_NUMBER = /^[\d\s().\-/]+$/

/** Whether a text is what a spreadsheet makes from a number too long for its cell. */
export const isScientific = (text: string): boolean => SCIENTIFIC.test(text)

/**
 * The damage of a phone number that is not valid. null if none is visible. It is only ever a hint:
 * the sender must say which number was meant. `text` comes from `plainPhoneText`.
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
