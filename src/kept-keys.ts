import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'

import type { Config } from './config.ts'
import { keepSecret } from './lib/kept-secret.ts'
import { makeDirectory } from './lib/make-directory.ts'

/**
 * Thrown if DATA_DIR cannot be made, or if the gateway cannot or must not close it to other users.
 * The message says what to do.
 */
export class DataDirOpen extends Error {
  override readonly name = 'DataDirOpen'
}

const FOR_OTHERS = 0o077
/**
 * The sticky bit. Anyone may put files in a directory with this bit, such as /tmp, so the gateway
 * must not close it.
 */
const SHARED = 0o1000
/**
 * The names of files that a start leaves in DATA_DIR, or that a new volume contains. A directory
 * with other files and none of these belongs to someone else.
 */
const OURS = new Set([
  'admin.key',
  'encryption.key',
  'lost+found',
  'pgdata',
  'pgdata.made',
  'process.lock',
  'webhook.secret',
])

const ELSEWHERE = 'set DATA_DIR to a subdirectory that does not exist yet'

const refusedDir = (dataDir: string, why: string): DataDirOpen =>
  new DataDirOpen(`DATA_DIR ${dataDir} ${why}.`)

const cannotBeClosed = (dataDir: string): DataDirOpen =>
  refusedDir(
    dataDir,
    `is open to other users, and the gateway cannot change its mode. Give it to the user that runs the gateway (chown) and set its mode to 700, or ${ELSEWHERE}`,
  )

const made = (dataDir: string): void => {
  try {
    makeDirectory(dataDir, 0o700)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const fix = 'Name an existing directory, or one that the gateway has the right to make'
    throw refusedDir(dataDir, `cannot be made (${code}). ${fix}`)
  }
}

/** Throws if this user may not write to the directory, or if its file system is read-only. */
const checkWritable = (dataDir: string): void => {
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const fix = 'Mount it with the right to write, and give it to the user that runs the gateway'
    throw refusedDir(dataDir, `cannot be written to (${code}). ${fix}`)
  }
}

/**
 * Whether the directory belongs to others, for example /srv or a home directory. If the gateway
 * closed it, its other users could not reach their files.
 */
const isSomebodyElses = (dataDir: string): boolean => {
  const names = readdirSync(dataDir)
  return names.length > 0 && !names.some((name) => OURS.has(name))
}

const close = (dataDir: string): void => {
  // Windows does not have such modes.
  if (process.platform === 'win32') return
  const { mode } = statSync(dataDir)
  if ((mode & FOR_OTHERS) === 0) return
  if ((mode & SHARED) !== 0) {
    throw refusedDir(
      dataDir,
      `is shared by all users, so keys and contacts must not be stored there: ${ELSEWHERE}`,
    )
  }
  try {
    if (isSomebodyElses(dataDir)) {
      throw refusedDir(
        dataDir,
        `is open to other users and contains files, but none from the gateway: ${ELSEWHERE}, or close DATA_DIR to other users yourself (chmod 700)`,
      )
    }
    chmodSync(dataDir, 0o700)
  } catch (error) {
    throw error instanceof DataDirOpen ? error : cannotBeClosed(dataDir)
  }
  // On some mounts chmod succeeds but changes nothing.
  if ((statSync(dataDir).mode & FOR_OTHERS) !== 0) throw cannotBeClosed(dataDir)
}

/**
 * Makes DATA_DIR, which holds keys and contacts, and closes it to other users. A directory that is
 * open to them (0755) becomes 0700. Throws `DataDirOpen` if this is impossible, if all users share
 * the directory (sticky bit), if it is open to others and holds only their files, or if the
 * embedded database could not write to it. Does nothing if the gateway stores nothing in it.
 */
export const closeDataDir = (config: Pick<Config, 'home' | 'adminApiKey' | 'dataDir'>): void => {
  const { home, adminApiKey, dataDir } = config
  if (home.kind === 'server' && adminApiKey !== null) return
  made(dataDir)
  close(dataDir)
  if (home.kind === 'embedded') checkWritable(dataDir)
}

/**
 * The keys that encrypt stored data: the configured keys or, if none is configured, a key that the
 * first start makes and stores in DATA_DIR. With an embedded database, the stored key remains the
 * last of the keys if keys are configured later. The database may still have rows that were sealed
 * with the stored key. Throws if another key is configured under the id of the stored key.
 */
export const encryptionKeysOf = (config: Config): { id: string; key: Buffer }[] => {
  const { encryptionKeys: configured, home, dataDir } = config
  const file = join(dataDir, 'encryption.key')
  if (configured && (home.kind === 'server' || !existsSync(file))) return configured
  const { secret } = keepSecret(file, () => randomBytes(32).toString('base64'))
  const kept = { id: 'kept', key: Buffer.from(secret, 'base64') }
  if (configured?.some(({ id, key }) => id === kept.id && !key.equals(kept.key))) {
    throw new Error(
      `ENCRYPTION_KEYS has a key with the id "kept". This id belongs to the key in ${file}. Give your key another id`,
    )
  }
  return [...(configured ?? []), kept]
}

/**
 * The admin key: the configured key or, only for the sandbox, a key that the first start makes.
 * `file`: where the key is stored. null: the key is configured. `made`: this call made the key.
 */
export const adminKeyOf = (config: Config): { key: string; file: string | null; made: boolean } => {
  if (config.adminApiKey) return { key: config.adminApiKey, file: null, made: false }
  const file = join(config.dataDir, 'admin.key')
  const { secret, made } = keepSecret(file, () => `ogw_${randomBytes(32).toString('base64url')}`)
  return { key: secret, file, made }
}

/**
 * The admin key that a gateway with this configuration accepts. null: no start has made a key yet.
 * This function makes none.
 */
export const presentAdminKey = (config: Pick<Config, 'adminApiKey' | 'dataDir'>): string | null => {
  if (config.adminApiKey !== null) return config.adminApiKey
  const file = join(config.dataDir, 'admin.key')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/**
 * The secrets that verify webhooks of Genesys, the current one first. They are the configured
 * secrets or, only for the sandbox with an embedded database, a secret that the first start makes.
 * In all other cases, there are none.
 */
export const webhookSecretsOf = (config: Config): string[] => {
  const { webhookSecrets, genesys, home, dataDir } = config
  // With a database server, each instance has a separate directory, so the secrets of the instances
  // would differ.
  if (webhookSecrets.length > 0 || genesys.kind !== 'sandbox' || home.kind !== 'embedded') {
    return webhookSecrets
  }
  const file = join(dataDir, 'webhook.secret')
  return [keepSecret(file, () => `whsec_${randomBytes(32).toString('base64')}`).secret]
}
