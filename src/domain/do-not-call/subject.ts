import { domainToASCII } from 'node:url'

import { keyedDigest } from '../../lib/keyed-digest.ts'

// oxlint-disable-next-line no-control-regex -- the range of ASCII
const ASCII = /^[\0-\x7f]*$/u

/** Full case folding of what JavaScript can fold: capital and small sharp s, both small sigmas and the long s come to the same. */
const folded = (text: string): string =>
  text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')

/**
 * The text that stands for a person where suppressions are compared, from a normalised phone or address: E.164 as it is; an address case-folded
 * whole, in NFC, its domain as A-label. Two spellings that reach the same person come to the same text. Folding the local part may take two boxes for one,
 * which suppresses too much and never too little.
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

/** The digest of 16 bytes by which a person is looked up: of contacts and of do-not-call entries alike. `key`: the store's digest key. */
export const subjectDigest = (key: Uint8Array, value: string): Buffer =>
  keyedDigest(key, subjectOf(value))

/** A phone in E.164 as a whole number, by which registries are looked up; 0: it is an address. */
export const numberOfSubject = (value: string): number => {
  const digits = /^\+(\d{1,15})/u.exec(value)?.[1]
  return digits === undefined ? 0 : Number(digits)
}
