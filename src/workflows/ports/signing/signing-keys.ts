import type { SigningPurpose } from '../../../domain/signing/ed25519.ts'

/** The public half of a key that signs now or has signed. */
export type SigningKey = {
  id: string
  /** The raw 32 bytes of Ed25519. */
  publicKey: Buffer
  /** ISO 8601, by the database's clock. */
  createdAt: string
  /** Whether this instance signs with it now. */
  current: boolean
}

/** Signs with Ed25519. */
export type Signer = {
  /** The key that signs now. */
  readonly keyId: string
  /**
   * Signs the line `outbound-gateway <purpose>` and the text after it, both as UTF-8. The purpose
   * ensures that the signature is valid for no other purpose. Give canonical JSON as text, so that
   * a verifier can write the same bytes.
   */
  sign(purpose: SigningPurpose, text: string): { keyId: string; signature: Buffer }
}

/** The key that signs now, and the public halves with which a verifier checks signatures. */
export type SigningKeys = Signer & {
  /**
   * Every key that has ever signed in this database, oldest first. The list is always complete,
   * because old signatures must stay verifiable.
   */
  list(): Promise<SigningKey[]>
}
