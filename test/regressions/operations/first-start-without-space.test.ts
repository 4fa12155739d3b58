import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { closeDataDir } from '../../../src/kept-keys.ts'
import { keepSecret } from '../../../src/lib/kept-secret.ts'
import { mountSmallDisk } from '../../support/databases/small-disk.ts'

/**
 * A first start on a full disk left an empty `encryption.key`. When there was space, every start
 * ended with "Every key of ENCRYPTION_KEYS has 32 bytes", although no such variable was set.
 */
test('a first start on a full disk leaves no empty key', (t) => {
  const disk = mountSmallDisk(2)
  if (typeof disk === 'string') return t.skip(disk)
  t.after(() => disk.close())
  const path = join(disk.directory, 'encryption.key')
  disk.fill(0)
  assert.throws(() => keepSecret(path, () => 'first'), /ENOSPC/)
  assert.equal(existsSync(path), false)
  disk.makeRoom()
  assert.equal(keepSecret(path, () => 'second').secret, 'second')
})

test('an empty key is refused with the name of its file, and is not used as a key', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'empty-key-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'admin.key')
  writeFileSync(path, '')
  assert.throws(() => keepSecret(path, () => 'new'), /admin\.key is empty/)
})

test('a data directory on a read-only file system is refused as such', (t) => {
  const disk = mountSmallDisk(1)
  if (typeof disk === 'string') return t.skip(disk)
  t.after(() => disk.close())
  chmodSync(disk.directory, 0o700)
  execFileSync('mount', ['-o', 'remount,ro', disk.directory])
  const home = { kind: 'embedded' as const, dataDir: disk.directory }
  assert.throws(
    () => closeDataDir({ home, adminApiKey: null, dataDir: disk.directory }),
    /^DataDirOpen: DATA_DIR .* cannot be written to \(EROFS\)/,
  )
})
