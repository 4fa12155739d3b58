import { sha256 } from '../../lib/digest.ts'
import type { Scope } from './access.ts'

export const KEY_SOURCES = ['environment', 'issued'] as const

/**
 * A key as callers see it: its rights and its state, but never the key itself. Times are ISO 8601.
 */
export type IssuedKey = {
  id: string
  tenantId: string
  name: string
  /**
   * The first characters of the key, by which people recognise it. Empty for the key that the
   * environment sets.
   */
  prefix: string
  scopes: Scope[]
  source: (typeof KEY_SOURCES)[number]
  createdAt: string
  expiresAt: string | null
  revokedAt: string | null
  /** When the key was last used, to the minute. null: never. */
  lastUsedAt: string | null
  /** The key that replaced this one in a rotation. */
  replacedBy: string | null
}

export const KEY_BYTES = 32
const CHECKSUM_CHARACTERS = 6
const PREFIX_CHARACTERS = 12

/** After a rotation, the old key may stay valid for at most this many hours. */
export const MOST_OVERLAP_HOURS = 24 * 30
export const USUAL_OVERLAP_HOURS = 24

/**
 * Makes a key: `ogw_`, 256 random bits in base64url, and a checksum of six characters. Scanners for
 * leaked keys use the checksum to recognise a key.
 */
export const keyOfBytes = (random: Uint8Array): string => {
  const body = `ogw_${Buffer.from(random).toString('base64url')}`
  return `${body}${sha256(body).toString('base64url').slice(0, CHECKSUM_CHARACTERS)}`
}

/** The part of a key that may be stored and shown: `ogw_` and 48 of the 256 random bits. */
export const prefixOfKey = (key: string): string => key.slice(0, PREFIX_CHARACTERS)
