import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib'

const decompressBytes = promisify(zstdDecompress)

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * A call of the system costs as much as sealing a contact, so one call fetches many nonces, and
 * each is used once.
 */
const NONCES_AT_ONCE = 256
let nonces = Buffer.alloc(0)

const freshNonce = (): Buffer => {
  if (nonces.byteLength === 0) nonces = randomBytes(NONCES_AT_ONCE * NONCE_BYTES)
  const nonce = nonces.subarray(0, NONCE_BYTES)
  nonces = nonces.subarray(NONCE_BYTES)
  return nonce
}

/** A fresh key for AES-256. */
export const newKey = (): Buffer => randomBytes(32)

/**
 * A key of 32 bytes in the form that `seal` and `open` need. Make it once, because making it costs
 * as much as sealing 25 KB.
 */
export const sealingKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes)

/**
 * AES-256-GCM: nonce (12 bytes), tag (16), ciphertext. `context` is authenticated too: what was
 * sealed for one place does not open in another.
 */
export const seal = (key: KeyObject, context: string, plain: Uint8Array): Buffer => {
  const nonce = freshNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = cipher.update(plain)
  const rest = cipher.final()
  return Buffer.concat([nonce, cipher.getAuthTag(), body, rest])
}

/** Throws when the bytes were changed, sealed with another key or for another context. */
export const open = (key: KeyObject, context: string, sealed: Uint8Array): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  // In this mode everything comes out of the first call; the second one only judges the tag.
  const plain = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
  decipher.final()
  return plain
}

/** Room for what comes out, allocated as it fills: most chunks of rows come out in one piece. */
const PIECE_BYTES = 256 * 1024

/** A frame of zstd begins with another byte. */
const AS_IT_IS = 0
/** Compressing a contact saves 20 bytes and costs more than sealing it. */
const MOST_AS_IT_IS_BYTES = 1024

/**
 * Compresses (zstd, level 1, off the event loop) anything larger than a few contacts, then seals it
 * as `seal` does.
 */
export type Pack = (key: KeyObject, context: string, plain: Uint8Array) => Promise<Buffer>

/**
 * A `pack` that reuses one encoder, with each write ending a frame. A new encoder for every call
 * costs a third of compressing 140 KB, because of its tables. One call at a time. Do not change
 * `plain` before the call resolves.
 */
export const createPack = (): Pack => {
  const encoder = createZstdCompress({
    chunkSize: PIECE_BYTES,
    flush: constants.ZSTD_e_end,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  let frame: Buffer[] = []
  encoder.on('data', (piece: Buffer) => frame.push(piece))
  // A failed write rejects its call; without a listener it would end the process too.
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

/** The inverse of `pack`. */
export const unpack = async (
  key: KeyObject,
  context: string,
  packed: Uint8Array,
): Promise<Buffer> => {
  const opened = open(key, context, packed)
  return opened[0] === AS_IT_IS ? opened.subarray(1) : decompressBytes(opened)
}
