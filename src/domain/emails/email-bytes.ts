/**
 * Recognises and normalises an ordinary address from its bytes, without making a string. The result
 * is the same as that of `normaliseEmail`, which judges all other addresses. A property test
 * compares the two functions.
 */
const LONGEST = 254
const LONGEST_LOCAL = 64
const LONGEST_LABEL = 63
const SHORTEST_TOP = 2

const AT_SIGN = 0x40
const DOT = 0x2e
const HYPHEN = 0x2d

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

/** For each byte: 1 if the byte may be in a local part. */
const LOCAL = new Uint8Array(256)
/**
 * For each byte: its form in a domain, with letters in lower case. 0 if a domain must not contain
 * the byte.
 */
const DOMAIN = new Uint8Array(256)
for (const character of `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}!#$%&'*+/=?^_\`{|}~.-`) {
  LOCAL[character.charCodeAt(0)] = 1
}
for (const character of `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}.-`) {
  DOMAIN[character.charCodeAt(0)] = character.toLowerCase().charCodeAt(0)
}

/** Writes the local part. Returns the place of the @. -1: there is no ordinary local part. */
const writeLocal = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): number => {
  const last = Math.min(to, from + LONGEST_LOCAL + 1)
  let before = DOT
  for (let at = from; at < last; at += 1) {
    const byte = bytes[at]!
    if (byte === AT_SIGN) return before === DOT ? -1 : at
    if (LOCAL[byte] === 0 || (byte === DOT && before === DOT)) return -1
    out[outAt + at - from] = byte
    before = byte
  }
  return -1
}

/** Whether the label in `bytes[from, at)` has a valid length and a valid last byte (`last`). */
const isLabel = (from: number, at: number, last: number): boolean =>
  at > from && at - from <= LONGEST_LABEL && last !== HYPHEN

/** Writes the domain in lower case. false: the bytes are not an ordinary domain. */
const writeDomain = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): boolean => {
  let label = from
  let before = DOT
  let onlyDigits = true
  for (let at = from; at < to; at += 1) {
    const byte = DOMAIN[bytes[at]!]!
    if (byte === DOT) {
      if (!isLabel(label, at, before)) return false
      label = at + 1
      onlyDigits = true
    } else if (byte === 0 || (byte === HYPHEN && before === DOT)) return false
    else if (byte > 0x39 || byte === HYPHEN) onlyDigits = false
    out[outAt + at - from] = byte
    before = byte
  }
  return label > from && to - label >= SHORTEST_TOP && !onlyDigits && isLabel(label, to, before)
}

/**
 * Writes the address in `bytes[from, to)` to `out` at `outAt`, with its domain in lower case and
 * its length unchanged. false: the bytes are not an ordinary address. The caller must then use
 * `normaliseEmail` and ignore what was written.
 */
export const writeEmail = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): boolean => {
  if (to - from > LONGEST) return false
  const at = writeLocal(bytes, from, to, out, outAt)
  if (at < 0) return false
  const domainAt = outAt + at - from
  out[domainAt] = AT_SIGN
  return writeDomain(bytes, at + 1, to, out, domainAt + 1)
}
