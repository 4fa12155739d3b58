import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import type { Config } from './config.ts'
import { keepSecret } from './lib/kept-secret.ts'
import { makeDirectory } from './lib/make-directory.ts'

/** DATA_DIR cannot be made, or cannot be closed to others. The message says what to do. */
export class DataDirOpen extends Error {
  override readonly name = 'DataDirOpen'
}

const FOR_OTHERS = 0o077
/** A directory where anyone may put files, such as /tmp. It is not ours to close. */
const SHARED = 0o1000
/**
 * What a start leaves in DATA_DIR, and what a fresh volume holds. A directory with only other
 * things belongs to someone else.
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

const ELSEWHERE = 'name a directory in it that does not exist yet'

const refusedDir = (dataDir: string, why: string): DataDirOpen =>
  new DataDirOpen(`DATA_DIR ${dataDir} ${why}.`)

const cannotBeClosed = (dataDir: string): DataDirOpen =>
  refusedDir(
    dataDir,
    `is open to other users and cannot be closed. Make it belong to the user that runs the gateway, with chmod 700, or ${ELSEWHERE}`,
  )

const made = (dataDir: string): void => {
  try {
    makeDirectory(dataDir, 0o700)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const fix = 'Name a directory that exists or that the user of the gateway may make'
    throw refusedDir(dataDir, `cannot be made (${code}). ${fix}`)
  }
}

/** /srv or a home directory: closing it would take it from its other users. */
const isSomebodyElses = (dataDir: string): boolean => {
  const names = readdirSync(dataDir)
  return names.length > 0 && !names.some((name) => OURS.has(name))
}

/**
 * Makes DATA_DIR, which holds keys and contacts, and closes it to other users: a directory that is
 * open to them (0755) becomes 0700. Throws `DataDirOpen` if that is impossible, or if the directory
 * holds only files that are not ours. Does nothing if the gateway stores nothing in it.
 */
export const closeDataDir = (config: Pick<Config, 'home' | 'adminApiKey' | 'dataDir'>): void => {
  const { home, adminApiKey, dataDir } = config
  if (home.kind === 'server' && adminApiKey !== null) return
  made(dataDir)
  // Windows has no such modes.
  if (process.platform === 'win32') return
  const { mode } = statSync(dataDir)
  if ((mode & FOR_OTHERS) === 0) return
  if ((mode & SHARED) !== 0) {
    throw refusedDir(
      dataDir,
      `is shared by all users, and would hold keys and contacts: ${ELSEWHERE}`,
    )
  }
  try {
    if (isSomebodyElses(dataDir)) {
      throw refusedDir(
        dataDir,
        `is open to other users and holds files of theirs: ${ELSEWHERE}, or close it yourself with chmod 700`,
      )
    }
    chmodSync(dataDir, 0o700)
  } catch (error) {
    throw error instanceof DataDirOpen ? error : cannotBeClosed(dataDir)
  }
  // Some mounts take the call and keep their modes.
  if ((statSync(dataDir).mode & FOR_OTHERS) !== 0) throw cannotBeClosed(dataDir)
}

/**
 * The keys that encrypt stored uploads: the configured ones, or otherwise one made at the first
 * start and stored in DATA_DIR. If others are configured later, the stored one still opens what it
 * sealed in the embedded database.
 */
export const encryptionKeysOf = (config: Config): { id: string; key: Buffer }[] => {
  const { encryptionKeys: configured, home, dataDir } = config
  const file = join(dataDir, 'encryption.key')
  if (configured && (home.kind === 'server' || !existsSync(file))) return configured
  const { secret } = keepSecret(file, () => randomBytes(32).toString('base64'))
  return [...(configured ?? []), { id: 'kept', key: Buffer.from(secret, 'base64') }]
}

/**
 * The admin key: the configured one, or otherwise (sandbox only) one made at the first start.
 * `file` is where it is stored.
 */
export const adminKeyOf = (config: Config): { key: string; file: string | null; made: boolean } => {
  if (config.adminApiKey) return { key: config.adminApiKey, file: null, made: false }
  const file = join(config.dataDir, 'admin.key')
  const { secret, made } = keepSecret(file, () => `ogw_${randomBytes(32).toString('base64url')}`)
  return { key: secret, file, made }
}

/**
 * The admin key that a gateway of this configuration accepts. null: none was made yet. Makes
 * nothing.
 */
export const presentAdminKey = (config: Pick<Config, 'adminApiKey' | 'dataDir'>): string | null => {
  if (config.adminApiKey !== null) return config.adminApiKey
  const file = join(config.dataDir, 'admin.key')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/**
 * The secrets that prove Genesys' webhooks, the current one first: the configured ones, or
 * otherwise (embedded sandbox only) one made at the first start.
 */
export const webhookSecretsOf = (config: Config): string[] => {
  const { webhookSecrets, genesys, home, dataDir } = config
  // On a server home every instance has a directory of its own, and they would not agree.
  if (webhookSecrets.length > 0 || genesys.kind !== 'sandbox' || home.kind !== 'embedded') {
    return webhookSecrets
  }
  const file = join(dataDir, 'webhook.secret')
  return [keepSecret(file, () => `whsec_${randomBytes(32).toString('base64')}`).secret]
}
