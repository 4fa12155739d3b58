import { sameBytes, sha256 } from '../../lib/digest.ts'

/**
 * The link that the gateway prints at its start. It signs in anyone who has it, but only once, and
 * only on the gateway's own machine.
 */
export type SignInLink = {
  /** The secret part of the link. */
  token: string
  /**
   * The digest of the key with which the token signs in. null: the token is wrong or already used.
   * Each token can be used only once.
   */
  redeem(token: string): Buffer | null
  /** Whether `redeem` would accept the token. Does not use the token up. */
  isGood(token: string): boolean
}

/**
 * Makes a link with a secret of 24 random bytes. The link exists only in memory, so it ends when
 * the gateway stops. `keyDigest`: the digest of the admin key. The caller checks that the request
 * comes from the gateway's own machine.
 */
export const createSignInLink = (deps: {
  random: (size: number) => Uint8Array
  keyDigest: Buffer
}): SignInLink => {
  const token = Buffer.from(deps.random(24)).toString('base64url')
  let used = false
  const isGood = (given: string): boolean => !used && sameBytes(sha256(given), sha256(token))
  return {
    token,
    isGood,
    redeem: (given) => {
      if (!isGood(given)) return null
      used = true
      return deps.keyDigest
    },
  }
}
