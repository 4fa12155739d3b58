import { sha256 } from '../../lib/digest.ts'
import type { Scope } from './access.ts'

export const KEY_SOURCES = ['environment', 'issued'] as const

/** A key as it is shown: its rights and its state, never the key. Times are ISO 8601. */
export type IssuedKey = {
  id: string
  tenantId: string
  name: string
  /** How the key begins, to recognise it. Empty for the one of the environment. */
  prefix: string
  scopes: Scope[]
  source: (typeof KEY_SOURCES)[number]
  createdAt: string
  expiresAt: string | null
  revokedAt: string | null
  /** To the minute. null: never. */
  lastUsedAt: string | null
  /** The key that replaced it in a rotation. */
  replacedBy: string | null
}

export const KEY_BYTES = 32
const CHECKSUM_CHARACTERS = 6
const PREFIX_CHARACTERS = 12

/** How long a rotated key may stay valid beside the new one, at most. Default: a day. */
export const MOST_OVERLAP_HOURS = 24 * 30
export const USUAL_OVERLAP_HOURS = 24

/**
 * `ogw_`, 256 random bits and a checksum of six characters, by which a scanner for leaked keys can
 * recognise a key.
 */
export const keyOfBytes = (random: Uint8Array): string => {
  const body = `ogw_${Buffer.from(random).toString('base64url')}`
  return `${body}${sha256(body).toString('base64url').slice(0, CHECKSUM_CHARACTERS)}`
}

export const prefixOfKey = (key: string): string => key.slice(0, PREFIX_CHARACTERS)
