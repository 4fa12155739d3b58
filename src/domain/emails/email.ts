import { holdsUnseen, trimUnseen } from '../text/unseen-characters.ts'

/** RFC 5321 permits 256 octets for an address and the two angle brackets around it. */
const LONGEST = 254
/**
 * A longer cell is not read, even if trimming its invisible characters would make it short enough.
 */
const LONGEST_CELL = LONGEST * 4
const LONGEST_LOCAL = 64
const LONGEST_LABEL = 63

// Each expression is a single character class in one loop, so that the time is linear in the
// length.
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
 * The address in NFC, without invisible characters at its ends. (Files from a Mac often have the
 * accents of letters as separate characters.) The domain is in lower case, and the local part is
 * otherwise unchanged. null: the text is not an address. Quoted local parts and address literals
 * are refused, because no contact list can use them.
 */
export const normaliseEmail = (written: string): string | null => {
  if (written.length > LONGEST_CELL) return null
  const text = trimUnseen(written).normalize('NFC')
  // Unicode counts fillers and variation selectors as letters or marks. If they were accepted, two
  // addresses that look alike would count as two people.
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
