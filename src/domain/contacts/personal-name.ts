/**
 * A column name with fewer digits never counts as a phone number. Few phone numbers have fewer
 * digits.
 */
const FEWEST_DIGITS = 7

const EXTENSION = /(?:;?ext[.:=]?|x|#)\s{0,3}\d{1,8}$/u
const DIALLED = /^[\p{Nd}\p{Pd}\s+()[\]./\u{ff0b}]+$/u

/**
 * Whether a column name looks like a person's email address or phone number. Such names occur if a
 * file has no header. A name counts as a phone number if it has 7 or more digits and otherwise only
 * separators, a plus sign or an extension. Whether such a number exists does not matter, because
 * refusing too many names is better than showing a person's number in a problem.
 */
export const looksPersonal = (name: string): boolean => {
  if (/[^\s@]@[^\s@]/u.test(name)) return true
  const plain = name.trim().toLowerCase().replace(/^tel:/u, '').slice(0, 100).replace(EXTENSION, '')
  return DIALLED.test(plain) && plain.replace(/\P{Nd}/gu, '').length >= FEWEST_DIGITS
}

/** A column name as a problem may show it. A name that may be personal is replaced. */
export const shownName = (name: string): string =>
  looksPersonal(name) ? '(not shown)' : name.slice(0, 128)
