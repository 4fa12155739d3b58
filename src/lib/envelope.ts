import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib'

const decompressBytes = promisify(zstdDecompress)

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * How many nonces one call fetches. Fetching random bytes costs as much as sealing a contact. Each
 * nonce is used once.
 */
const NONCES_AT_ONCE = 256
let nonces = Buffer.alloc(0)

const freshNonce = (): Buffer => {
  if (nonces.byteLength === 0) nonces = randomBytes(NONCES_AT_ONCE * NONCE_BYTES)
  const nonce = nonces.subarray(0, NONCE_BYTES)
  nonces = nonces.subarray(NONCE_BYTES)
  return nonce
}

/** Creates a random key for AES-256. */
export const newKey = (): Buffer => randomBytes(32)

/**
 * A key of 32 bytes in the form that `seal` and `open` need. Make the key once and keep it, because
 * making it costs as much as sealing 25 KB.
 */
export const sealingKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes)

/**
 * Encrypts with AES-256-GCM. The result is the nonce (12 bytes), the tag (16 bytes) and the
 * ciphertext. `open` needs the same `context`, so bytes that were sealed for one place cannot be
 * moved to another place.
 */
export const seal = (key: KeyObject, context: string, plain: Uint8Array): Buffer => {
  const nonce = freshNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = cipher.update(plain)
  const rest = cipher.final()
  return Buffer.concat([nonce, cipher.getAuthTag(), body, rest])
}

/**
 * Decrypts what `seal` made. Throws if the bytes were changed, or sealed with another key or
 * another context.
 */
export const open = (key: KeyObject, context: string, sealed: Uint8Array): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  // In this mode `update` returns the whole text. `final` only checks the tag.
  const plain = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
  decipher.final()
  return plain
}

/**
 * The memory for compressed bytes is allocated in pieces of this size. Most chunks of rows need
 * only one.
 */
const PIECE_BYTES = 256 * 1024

/** The first byte of a text that is not compressed. A zstd frame begins with another byte. */
const AS_IT_IS = 0
/**
 * A text of at most this size is not compressed. Compressing one contact saves 20 bytes and costs
 * more than sealing it.
 */
const MOST_AS_IT_IS_BYTES = 1024

/**
 * Compresses `plain` with zstd (level 1, not on the event loop) if `plain` is larger than
 * `MOST_AS_IT_IS_BYTES`. Then seals it as `seal` does.
 */
export type Pack = (key: KeyObject, context: string, plain: Uint8Array) => Promise<Buffer>

/**
 * Creates a `pack` that keeps one encoder and ends a frame with every call. Creating an encoder for
 * each call costs a third as much as compressing 140 KB. Only one call may run at a time, and
 * `plain` must not change before the call resolves.
 */
export const createPack = (): Pack => {
  const encoder = createZstdCompress({
    chunkSize: PIECE_BYTES,
    flush: constants.ZSTD_e_end,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  let frame: Buffer[] = []
  encoder.on('data', (piece: Buffer) => frame.push(piece))
  // A failed write already rejects the call that made it. Without a listener, the same error would
  // also end the process.
  encoder.on('error', () => undefined)
  const compress = async (plain: Uint8Array): Promise<Buffer> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    encoder.write(plain, (error) => (error ? reject(error) : resolve()))
    await promise
    const pieces = frame
    frame = []
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
  return async (key, context, plain) =>
    plain.byteLength > MOST_AS_IT_IS_BYTES
      ? seal(key, context, await compress(plain))
      : seal(key, context, Buffer.concat([Uint8Array.of(AS_IT_IS), plain]))
}

/** Undoes `pack`. Throws as `open` does. */
export const unpack = async (
  key: KeyObject,
  context: string,
  packed: Uint8Array,
): Promise<Buffer> => {
  const opened = open(key, context, packed)
  return opened[0] === AS_IT_IS ? opened.subarray(1) : decompressBytes(opened)
}
