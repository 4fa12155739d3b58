import type { KeyObject } from 'node:crypto'

import { sealingKey } from '../../lib/envelope.ts'
import { StagingLost } from '../../workflows/ports/uploads/uploads.ts'
import type { Keyring } from '../homes/keyring.ts'

/** The purpose for which an upload's data key is sealed. */
export const keyContext = (uploadId: string): string => `upload:${uploadId}`

export type SealedKey = { data_key: Buffer | null; data_key_id: string | null }

/** Opens the upload's data key. Throws `StagingLost` if the upload or its key no longer exists. */
export const openKey = (
  keyring: Keyring,
  uploadId: string,
  row: SealedKey | undefined,
): KeyObject => {
  if (!row?.data_key || !row.data_key_id) {
    throw new StagingLost(`Upload ${uploadId} or its data key is gone`)
  }
  return sealingKey(keyring.open(keyContext(uploadId), row.data_key_id, row.data_key))
}
