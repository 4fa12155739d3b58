import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 as 32 bytes. */
export const sha256 = (data: string | Uint8Array): Buffer => hash('sha256', data, 'buffer')

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex')

/** Compares in constant time, whatever the lengths. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  timingSafeEqual(sha256(a), sha256(b)) && a.length === b.length
