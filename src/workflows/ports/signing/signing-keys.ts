import type { SigningPurpose } from '../../../domain/signing/ed25519.ts'

/** The public half of a key that signs, or has signed. */
export type SigningKey = {
  id: string
  /** The raw 32 bytes of Ed25519. */
  publicKey: Buffer
  /** ISO 8601, by the database's clock. */
  createdAt: string
  /** This instance signs with it now. */
  current: boolean
}

/** Signs with Ed25519. */
export type Signer = {
  /** The key that signs now. */
  readonly keyId: string
  /**
   * Signs one line that names the purpose (`outbound-gateway <purpose>`), then the text, in UTF-8.
   * Sign canonical JSON, so that a verifier can write the same bytes.
   */
  sign(purpose: SigningPurpose, text: string): { keyId: string; signature: Buffer }
}

export type SigningKeys = Signer & {
  /** Every key that ever signed in this database, oldest first: none is ever left out. */
  list(): Promise<SigningKey[]>
}
