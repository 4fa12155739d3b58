import { createHmac } from 'node:crypto'

import { sameBytes } from '../../lib/digest.ts'

/** 128 bit: as much as a forger would have to guess [design: 6]. */
const PROOF_BYTES = 16
const FORM = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})$/u

const proofOf = (secret: string, partId: string, listId: string): Buffer =>
  createHmac('sha256', secret).update(`${partId}\0${listId}`).digest().subarray(0, PROOF_BYTES)

/**
 * The token of a URL that Genesys calls: its holder may report on this one part of an upload to
 * this list, and on nothing else. `<partId>.<HMAC-SHA256(secret, partId NUL listId), 16 bytes as
 * base64url>`. Never logged.
 */
export const capabilityToken = (secret: string, partId: string, listId: string): string =>
  `${partId}.${proofOf(secret, partId, listId).toString('base64url')}`

/** The part that a token claims. Proves nothing. null if it does not have the form of a token. */
export const claimedPart = (token: string): string | null => FORM.exec(token)?.[1] ?? null

/**
 * Whether the token was made with one of the secrets for this list. Takes the same time however
 * much of it is right.
 */
export const provesPart = (secrets: readonly string[], token: string, listId: string): boolean => {
  const [, partId, proof] = FORM.exec(token) ?? []
  if (partId === undefined || proof === undefined) return false
  const given = Buffer.from(proof, 'base64url')
  // The last character carries two bits too many; only the canonical spelling counts.
  const canonical = given.toString('base64url') === proof
  const proven = secrets.filter((secret) => sameBytes(given, proofOf(secret, partId, listId)))
  return canonical && proven.length > 0
}
