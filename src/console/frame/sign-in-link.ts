import { sameBytes, sha256 } from '../../lib/digest.ts'

/** The link that a start prints. It signs in anyone who has it, once, from the machine itself. */
export type SignInLink = {
  /** What the link carries. */
  token: string
  /**
   * The digest of the key that the token signs in with. null: it is not such a token, or used. A
   * matching token is used up by this.
   */
  redeem(token: string): Buffer | null
  /** Whether it would be redeemed; uses nothing up. */
  isGood(token: string): boolean
}

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
