/** As many digits as the shortest phone number that is dialled as a whole. */
const FEWEST_DIGITS = 7

const EXTENSION = /(?:;?ext[.:=]?|x|#)\s{0,3}\d{1,8}$/u
const DIALLED = /^[\p{Nd}\p{Pd}\s+()[\]./\u{ff0b}]+$/u

/**
 * Whether a column name is really a person's email or phone number, as in a file without a header.
 * Wide on purpose: a name of only 7 or more digits is not a column name.
 */
export const looksPersonal = (name: string): boolean => {
  if (/[^\s@]@[^\s@]/u.test(name)) return true
  const plain = name.trim().toLowerCase().replace(/^tel:/u, '').slice(0, 100).replace(EXTENSION, '')
  return DIALLED.test(plain) && plain.replace(/\P{Nd}/gu, '').length >= FEWEST_DIGITS
}

/** A name as a problem may show it: one that may be personal is left out. */
export const shownName = (name: string): string =>
  looksPersonal(name) ? '(not shown)' : name.slice(0, 128)
