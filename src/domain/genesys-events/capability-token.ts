import { createHmac } from 'node:crypto'

import { sameBytes } from '../../lib/digest.ts'

/** 128 bits, which nobody can guess [design: 6]. */
const PROOF_BYTES = 16
const FORM = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})$/u

const proofOf = (secret: string, partId: string, listId: string): Buffer =>
  createHmac('sha256', secret).update(`${partId}\0${listId}`).digest().subarray(0, PROOF_BYTES)

/**
 * The token in a URL that Genesys calls. A sender with this token may report about one part of an
 * upload to one list, and about nothing else. Its form is `<partId>.<proof>`. The proof is the
 * first 16 bytes of HMAC-SHA256(secret, partId NUL listId), as base64url. Never log the token.
 */
export const capabilityToken = (secret: string, partId: string, listId: string): string =>
  `${partId}.${proofOf(secret, partId, listId).toString('base64url')}`

/**
 * The id of the part that the token names. The proof is not checked. null: the text does not have
 * the form of a token.
 */
export const claimedPart = (token: string): string | null => FORM.exec(token)?.[1] ?? null

/**
 * Whether the token was made with one of the secrets for this list. The comparison takes the same
 * time, no matter how much of the token is correct.
 */
export const provesPart = (secrets: readonly string[], token: string, listId: string): boolean => {
  const [, partId, proof] = FORM.exec(token) ?? []
  if (partId === undefined || proof === undefined) return false
  const given = Buffer.from(proof, 'base64url')
  // The last character of base64url has four unused bits. Only the canonical spelling of this
  // character counts. Otherwise one token would have sixteen spellings.
  const canonical = given.toString('base64url') === proof
  const proven = secrets.filter((secret) => sameBytes(given, proofOf(secret, partId, listId)))
  return canonical && proven.length > 0
}
