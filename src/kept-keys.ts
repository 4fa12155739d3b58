import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import type { Config } from './config.ts'
import { keepSecret } from './lib/kept-secret.ts'

/** The keys that encrypt stored uploads: the configured ones, else one made at the first start and kept in DATA_DIR. */
export const encryptionKeysOf = (config: Config): { id: string; key: Buffer }[] => {
  if (config.encryptionKeys) return config.encryptionKeys
  const file = join(config.dataDir, 'encryption.key')
  const { secret } = keepSecret(file, () => randomBytes(32).toString('base64'))
  return [{ id: 'kept', key: Buffer.from(secret, 'base64') }]
}

/** The admin key: the configured one, else (sandbox only) one made at the first start; `file` is where it is kept. */
export const adminKeyOf = (config: Config): { key: string; file: string | null; made: boolean } => {
  if (config.adminApiKey) return { key: config.adminApiKey, file: null, made: false }
  const file = join(config.dataDir, 'admin.key')
  const { secret, made } = keepSecret(file, () => `ogw_${randomBytes(32).toString('base64url')}`)
  return { key: secret, file, made }
}

/** What proves Genesys' webhooks, the current one first: the configured ones, else (embedded sandbox only) one made at the first start. */
export const webhookSecretsOf = (config: Config): string[] => {
  const { webhookSecrets, genesys, home, dataDir } = config
  // On a server home every instance has a directory of its own, and they would not agree.
  if (webhookSecrets.length > 0 || genesys.kind !== 'sandbox' || home.kind !== 'embedded') {
    return webhookSecrets
  }
  const file = join(dataDir, 'webhook.secret')
  return [keepSecret(file, () => `whsec_${randomBytes(32).toString('base64')}`).secret]
}
