import { holdsUnseen, trimUnseen } from '../text/unseen-characters.ts'

/** RFC 5321: a path of 256 octets with its angle brackets. */
const LONGEST = 254
/** Of a cell with more characters nothing is read, those at its ends that do not show included. */
const LONGEST_CELL = LONGEST * 4
const LONGEST_LOCAL = 64
const LONGEST_LABEL = 63

// Single character classes, one loop each: the time is linear in the length.
const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u
const DIGITS_ONLY = /^\d+$/

const isDomain = (domain: string): boolean => {
  if (!DOMAIN.test(domain)) return false
  const labels = domain.split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2 || last.length < 2 || DIGITS_ONLY.test(last)) return false
  return labels.every(
    (label) =>
      label.length > 0 &&
      label.length <= LONGEST_LABEL &&
      !label.startsWith('-') &&
      !label.endsWith('-'),
  )
}

/**
 * The address without invisible characters at its ends, with its domain in lower case and its local
 * part unchanged. null if it is not an address. Quoted local parts and address literals are
 * refused, because no contact list has use for them.
 */
export const normaliseEmail = (written: string): string | null => {
  if (written.length > LONGEST_CELL) return null
  const text = trimUnseen(written)
  // Fillers and selectors are letters or marks to Unicode: two addresses that look alike would be
  // two people.
  if (text.length > LONGEST || holdsUnseen(text)) return null
  const at = text.lastIndexOf('@')
  if (at < 1 || at > LONGEST_LOCAL) return null
  const local = text.slice(0, at)
  if (!LOCAL.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) {
    return null
  }
  const domain = text.slice(at + 1).toLowerCase()
  return isDomain(domain) ? `${local}@${domain}` : null
}
