import { open, seal, sealingKey } from '../../lib/envelope.ts'

/** The encryption keys of the configuration. */
export type Keyring = {
  /** Of the key that seals. */
  readonly currentId: string
  /** Of every key that is configured. */
  readonly ids: readonly string[]
  /** Seals under the current key; `keyId` goes beside the sealed bytes. */
  seal(context: string, plain: Uint8Array): { keyId: string; sealed: Buffer }
  /** Throws when the key that sealed it is no longer configured. */
  open(context: string, keyId: string, sealed: Uint8Array): Buffer
}

export const createKeyring = (keys: readonly { id: string; key: Buffer }[]): Keyring => {
  if (keys.length === 0) throw new Error('ENCRYPTION_KEYS holds no key')
  if (keys.some(({ key }) => key.length !== 32)) {
    throw new Error('Every key of ENCRYPTION_KEYS has 32 bytes')
  }
  const known = keys.map(({ id, key }) => ({ id, key: sealingKey(key) }))
  const current = known[0]!
  return {
    currentId: current.id,
    ids: known.map(({ id }) => id),
    seal: (context, plain) => ({ keyId: current.id, sealed: seal(current.key, context, plain) }),
    open: (context, keyId, sealed) => {
      const sealedWith = known.find(({ id }) => id === keyId)
      if (!sealedWith) {
        throw new Error(
          `ENCRYPTION_KEYS lacks the key "${keyId}", under which stored data is sealed`,
        )
      }
      return open(sealedWith.key, context, sealed)
    },
  }
}
