import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { readConfig } from '../../src/config.ts'
import { closeDataDir, DataDirOpen, encryptionKeysOf } from '../../src/kept-keys.ts'

const configOf = (dataDir: string) => ({
  home: { kind: 'embedded' as const, dataDir },
  adminApiKey: null,
  dataDir,
})
const modeOf = (path: string): number => statSync(path).mode & 0o777

test('a data directory that is open to others is closed at the start, and a new one is made closed', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'open-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const mode of [0o755, 0o770, 0o701, 0o700]) {
    chmodSync(directory, mode)
    closeDataDir(configOf(directory))
    assert.equal(modeOf(directory), 0o700, mode.toString(8))
  }
  const made = join(directory, 'deep', 'data')
  closeDataDir(configOf(made))
  assert.equal(modeOf(made), 0o700)
})

test('one that everybody shares is refused and left as it is', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-'))
  t.after(() => rmSync(directory, { recursive: true }))
  chmodSync(directory, 0o1777)
  assert.throws(
    () => closeDataDir(configOf(directory)),
    // The message must not advise to close /tmp, because that would break the machine.
    (error) =>
      error instanceof DataDirOpen &&
      /shared by all .*set DATA_DIR to a subdirectory/.test(error.message) &&
      !error.message.includes('chmod'),
  )
  assert.equal(modeOf(directory), 0o777)
})

test('one that holds only what is not ours is refused and left open; with a file of ours in it, it is closed', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'theirs-'))
  t.after(() => rmSync(directory, { recursive: true }))
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'letters.txt'), '')
  assert.throws(
    () => closeDataDir(configOf(directory)),
    (error) => error instanceof DataDirOpen && /but none from the gateway/.test(error.message),
  )
  assert.equal(modeOf(directory), 0o755)
  mkdirSync(join(directory, 'pgdata'))
  closeDataDir(configOf(directory))
  assert.equal(modeOf(directory), 0o700)
})

test('one that cannot be made is refused by its name', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'file-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'data')
  writeFileSync(file, '')
  assert.throws(
    () => closeDataDir(configOf(file)),
    (error) =>
      error instanceof DataDirOpen && error.message.startsWith(`DATA_DIR ${file} cannot be made`),
  )
})

test(
  'a directory of the system is refused with what to do',
  { skip: process.platform !== 'linux' },
  () => {
    assert.throws(
      () => closeDataDir(configOf('/proc/self')),
      (error) => error instanceof DataDirOpen && /\/proc\/self .*chmod 700/.test(error.message),
    )
  },
)

test('a directory in which nothing is kept is not looked at', () => {
  const server = { kind: 'server' as const, url: 'postgres://db/gateway' }
  closeDataDir({ home: server, adminApiKey: 'x'.repeat(32), dataDir: '/proc/self' })
})

test('a key that the first start generated still opens what it sealed, after other keys are configured', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kept-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const idsOf = (env: Record<string, string>) =>
    encryptionKeysOf(readConfig({ DATA_DIR: dataDir, ...env })).map(({ id }) => id)
  const configured = { ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}` }
  assert.deepEqual(idsOf(configured), ['k1'], 'nothing was made here')
  assert.deepEqual(idsOf({}), ['kept'])
  assert.deepEqual(idsOf(configured), ['k1', 'kept'])
  const server = { DATABASE_URL: 'postgres://localhost/gateway', GENESYS_SANDBOX: 'true' }
  assert.deepEqual(idsOf({ ...configured, ...server }), ['k1'])
})

test(
  'one where nothing can be made is refused at once',
  { skip: !existsSync('/proc/self') },
  () => {
    for (const directory of ['/proc/x', '/proc/x/y/z', '/sys/x']) {
      assert.throws(
        () => closeDataDir(configOf(directory)),
        (error) =>
          error instanceof DataDirOpen && error.message.includes(`${directory} cannot be made (`),
      )
    }
  },
)

test('a configured key under the id of the kept key is refused, unless it is the kept key', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kept-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const keysWith = (key: Buffer) =>
    encryptionKeysOf(
      readConfig({ DATA_DIR: dataDir, ENCRYPTION_KEYS: `kept:${key.toString('base64')}` }),
    )
  const [kept] = encryptionKeysOf(readConfig({ DATA_DIR: dataDir }))
  assert.throws(
    () => keysWith(Buffer.alloc(32, 1)),
    /ENCRYPTION_KEYS has a key with the id "kept"/u,
  )
  assert.deepEqual(keysWith(kept!.key)[0], kept)
})
