import { createSHA256 } from 'hash-wasm'

/**
 * SHA-256 with a state that can be saved and continued in another process. The SHA-256 of
 * `node:crypto` cannot do this.
 */
export type ResumableDigest = {
  update(bytes: Uint8Array): void
  /**
   * The state from which `createResumableDigest` continues. It contains up to the last 63 bytes of
   * the input. If these bytes are personal data, the state is too.
   */
  state(): Uint8Array
  /** The digest in hexadecimal. Add nothing afterwards. */
  digest(): string
}

/** Starts a digest, or continues one from its saved state. */
export const createResumableDigest = async (from?: Uint8Array): Promise<ResumableDigest> => {
  const hash = await createSHA256()
  if (from === undefined) hash.init()
  else hash.load(from)
  return {
    update: (bytes) => void hash.update(bytes),
    state: () => hash.save(),
    digest: () => hash.digest('hex'),
  }
}
