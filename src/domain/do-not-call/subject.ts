import { domainToASCII } from 'node:url'

import { keyedDigest } from '../../lib/keyed-digest.ts'

// oxlint-disable-next-line no-control-regex -- the range of ASCII
const ASCII = /^[\0-\x7f]*$/u

/**
 * Full case folding, as far as JavaScript can fold. Capital and small sharp s give the same result,
 * and so do both small sigmas and the long s.
 */
const folded = (text: string): string =>
  text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')

/**
 * The text that identifies a person when suppressions are compared, made from a normalised phone or
 * address. A phone is E.164 as it is. An address is case-folded as a whole, in NFC, with its domain
 * as A-label. Two spellings that reach the same person give the same text. Folding the local part
 * may merge two mailboxes, which suppresses too much and never too little.
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
 * The digest of 16 bytes by which a person is looked up, in contacts and in do-not-call entries
 * alike. `key`: the store's digest key.
 */
export const subjectDigest = (key: Uint8Array, value: string): Buffer =>
  keyedDigest(key, subjectOf(value))

/** A phone in E.164 as a whole number, by which registries are looked up. 0 if it is an address. */
export const numberOfSubject = (value: string): number => {
  const digits = /^\+(\d{1,15})/u.exec(value)?.[1]
  return digits === undefined ? 0 : Number(digits)
}
