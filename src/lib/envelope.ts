import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

const compressBytes = promisify(zstdCompress)
const decompressBytes = promisify(zstdDecompress)

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A fresh key for AES-256. */
export const newKey = (): Buffer => randomBytes(32)

/**
 * AES-256-GCM: nonce (12 bytes), tag (16), ciphertext. `context` is authenticated with it: what was sealed for one place does
 * not open in another.
 */
export const seal = (key: Uint8Array, context: string, plain: Uint8Array): Buffer => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = cipher.update(plain)
  const rest = cipher.final()
  return Buffer.concat([nonce, cipher.getAuthTag(), body, rest])
}

/** Throws when the bytes were changed, sealed with another key or for another context. */
export const open = (key: Uint8Array, context: string, sealed: Uint8Array): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
    decipher.final(),
  ])
}

/** zstd at its fastest level, off the event loop; then `seal`. */
export const pack = async (key: Uint8Array, context: string, plain: Uint8Array): Promise<Buffer> =>
  seal(
    key,
    context,
    await compressBytes(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  )

/** The inverse of `pack`. */
export const unpack = async (
  key: Uint8Array,
  context: string,
  packed: Uint8Array,
): Promise<Buffer> => decompressBytes(open(key, context, packed))
