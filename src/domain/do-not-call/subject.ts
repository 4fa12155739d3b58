import { domainToASCII } from 'node:url'

import { keyedDigest } from '../../lib/keyed-digest.ts'

// oxlint-disable-next-line no-control-regex -- the range of ASCII
const ASCII = /^[\0-\x7f]*$/u

/**
 * Folds case as far as JavaScript can. `ẞ` and `ß` give the same result. So do `σ`, `ς` and `Σ`,
 * and also `s` and `ſ`.
 */
const folded = (text: string): string =>
  text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')

/**
 * The text by which people are compared when suppressions are looked up. It is made from a
 * normalised phone or address. A phone stays as it is in E.164. An address is case-folded, and its
 * domain gets the ASCII form of international names. Two spellings of one address therefore give
 * the same text if they differ only in case, or only in the form of an international domain. Two
 * mailboxes that differ only in case give the same text too. The gateway may therefore suppress too
 * many people, but it never misses a person because of upper or lower case.
 */
export const subjectOf = (value: string): string => {
  const at = value.lastIndexOf('@')
  if (at < 0) return value
  if (ASCII.test(value)) return value.toLowerCase()
  const domain = value
    .slice(at + 1)
    .normalize('NFC')
    .toLowerCase()
  return `${folded(value.slice(0, at))}@${domainToASCII(domain) || domain}`
}

/**
 * The digest of 16 bytes by which a person is looked up. It is the same for contacts and for
 * do-not-call entries. `key`: the digest key of the store.
 */
export const subjectDigest = (key: Uint8Array, value: string): Buffer =>
  keyedDigest(key, subjectOf(value))

/**
 * A phone in E.164 as a whole number. Registries are looked up by this number. 0: the value is not
 * a phone in E.164, but an address.
 */
export const numberOfSubject = (value: string): number => {
  const digits = /^\+(\d{1,15})$/u.exec(value)?.[1]
  return digits === undefined ? 0 : Number(digits)
}
