import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export const SEED_BYTES = 32

/** The fixed bytes that precede the 32 bytes of an Ed25519 key in PKCS #8 and SPKI [RFC 8410]. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export type SigningPair = { privateKey: KeyObject; publicKey: Buffer }

/** Makes the key pair from a seed of 32 bytes. The public key of the pair is 32 raw bytes. */
export const pairOfSeed = (seed: Uint8Array): SigningPair => {
  const der = Buffer.concat([PKCS8, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(SPKI.byteLength) }
}

const keyOf = (publicKey: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })

/** The public key as PEM, which OpenSSL and common libraries read. */
export const pemOf = (publicKey: Uint8Array): string =>
  keyOf(publicKey).export({ format: 'pem', type: 'spki' }).toString()

/**
 * The purposes of signatures. The purpose is part of the signed bytes, so a signature made for one
 * purpose is not valid for another.
 */
export const SIGNING_PURPOSES = ['audit-block', 'scrub-certificate'] as const
export type SigningPurpose = (typeof SIGNING_PURPOSES)[number]

/** The bytes that are signed: a line with the purpose, followed by the text. */
const signedBytes = (purpose: SigningPurpose, text: string): Buffer =>
  Buffer.from(`outbound-gateway ${purpose}\n${text}`)

/** Signs the text for one purpose. Returns the 64 bytes of the Ed25519 signature. */
export const signText = (key: KeyObject, purpose: SigningPurpose, text: string): Buffer =>
  sign(null, signedBytes(purpose, text), key)

/** Whether the signature is valid for this text and this purpose. `publicKey`: 32 raw bytes. */
export const isSignatureOf = (
  publicKey: Uint8Array,
  about: { purpose: SigningPurpose; text: string; signature: Uint8Array },
): boolean =>
  verify(null, signedBytes(about.purpose, about.text), keyOf(publicKey), about.signature)
