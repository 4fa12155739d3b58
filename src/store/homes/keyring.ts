import { createHmac } from 'node:crypto'

import { open, seal, sealingKey } from '../../lib/envelope.ts'

/** The keys of ENCRYPTION_KEYS. */
export type Keyring = {
  /** The id of the current key, which seals. */
  readonly currentId: string
  /** The ids of all configured keys. */
  readonly ids: readonly string[]
  /** A digest of each configured key, by its id. It shows whether two keys are the same one. */
  readonly checkValues: ReadonlyMap<string, Buffer>
  /** Seals with the current key. Store `keyId` beside the sealed bytes. */
  seal(context: string, plain: Uint8Array): { keyId: string; sealed: Buffer }
  /** Opens sealed bytes. Throws if the key that sealed them is no longer configured. */
  open(context: string, keyId: string, sealed: Uint8Array): Buffer
}

const checkValueOf = (key: Buffer): Buffer =>
  createHmac('sha256', key).update('outbound-gateway encryption-key').digest()

/**
 * The error for a key that is not the key that sealed under the same id. `kept` is the id of the
 * key that the gateway makes in DATA_DIR.
 */
export const anotherKey = (id: string): Error =>
  new Error(
    id === 'kept'
      ? 'DATA_DIR has another encryption.key than the one that sealed the stored data. Restore this file from a backup of DATA_DIR'
      : `ENCRYPTION_KEYS has another key under the id "${id}" than the one that sealed the stored data. Set the right key under this id. A new key needs an id that was never used, and every instance needs the same key`,
  )

/**
 * The first key seals. The other keys only open what they sealed before. Throws if there is no key,
 * or if a key does not have 32 bytes.
 */
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
    checkValues: new Map(keys.map(({ id, key }) => [id, checkValueOf(key)])),
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
