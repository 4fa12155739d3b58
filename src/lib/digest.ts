import { hash, timingSafeEqual } from 'node:crypto'

/** The SHA-256 digest as 32 bytes. */
export const sha256 = (data: string | Uint8Array): Buffer => hash('sha256', data, 'buffer')

/** The SHA-256 digest as 64 hexadecimal digits in lower case. A text is hashed as UTF-8. */
export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex')

/**
 * Compares in a time that does not depend on the content. Otherwise an attacker could find a secret
 * by measuring the time. The lengths may differ.
 */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  timingSafeEqual(sha256(a), sha256(b)) && a.length === b.length
