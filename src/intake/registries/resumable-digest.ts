import { createSHA256 } from 'hash-wasm'

/** SHA-256 that another process can continue. That of OpenSSL does not leave its process. */
export type ResumableDigest = {
  update(bytes: Uint8Array): void
  /** `createResumableDigest` continues from it. It contains up to 63 of the last bytes. */
  state(): Uint8Array
  /** In hexadecimal. Nothing may be added afterwards. */
  digest(): string
}

/** Begins anew, or continues from an earlier state. */
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
