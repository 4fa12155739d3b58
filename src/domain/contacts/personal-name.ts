/** As many digits as the shortest phone number that is dialled as a whole. */
const FEWEST_DIGITS = 7

const EXTENSION = /(?:;?ext[.:=]?|x|#)\s{0,3}\d{1,8}$/u
const DIALLED = /^[\p{Nd}\p{Pd}\s+()[\]./\u{ff0b}]+$/u

/**
 * Whether a name that should be a column's is rather a person's email or phone number: the name of a column in a file that has no
 * header. Wide on purpose: a name of nothing but 7 digits and more is no name of a column.
 */
export const looksPersonal = (name: string): boolean => {
  if (/[^\s@]@[^\s@]/u.test(name)) return true
  const plain = name.trim().toLowerCase().replace(/^tel:/u, '').slice(0, 100).replace(EXTENSION, '')
  return DIALLED.test(plain) && plain.replace(/\P{Nd}/gu, '').length >= FEWEST_DIGITS
}

/** A name as a problem may show it: one that looks personal is left out. */
export const shownName = (name: string): string =>
  looksPersonal(name) ? '(not shown)' : name.slice(0, 128)
