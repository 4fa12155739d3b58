import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { ClusterMissing } from '../../../src/store/homes/cluster/cluster.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'

const directoryOf = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'cluster-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}
const open = (dataDir: string) => openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
const says = (words: RegExp) => (error: unknown) =>
  error instanceof ClusterMissing && words.test(error.message)

test('a data directory without PG_VERSION is refused, and nothing in it is changed', async (t) => {
  const dataDir = directoryOf(t)
  mkdirSync(join(dataDir, 'pgdata', 'base'), { recursive: true })
  writeFileSync(join(dataDir, 'pgdata', 'base', '1'), 'rows')
  await assert.rejects(open(dataDir), says(/without PG_VERSION.*Restore/))
  await assert.rejects(open(dataDir), ClusterMissing)
  assert.deepEqual(readdirSync(join(dataDir, 'pgdata'), { recursive: true }), ['base', 'base/1'])
})

test('a database that was there and is gone is not replaced by an empty one', async (t) => {
  const dataDir = directoryOf(t)
  // What an interrupted start left does not count as a database, and is removed.
  mkdirSync(join(dataDir, 'pgdata.making-1'))
  mkdirSync(join(dataDir, 'pgdata'))
  const first = await open(dataDir)
  await first.sql.executeSql('create table kept (one int)')
  await first.close()
  assert.equal(existsSync(join(dataDir, 'pgdata.making-1')), false)
  renameSync(join(dataDir, 'pgdata'), join(dataDir, 'elsewhere'))
  await assert.rejects(open(dataDir), says(/pgdata is gone.*Restore/))
  assert.equal(existsSync(join(dataDir, 'pgdata')), false)
  // Put back, the database works as before. A database without the mark, which an earlier version
  // made, works too.
  renameSync(join(dataDir, 'elsewhere'), join(dataDir, 'pgdata'))
  rmSync(join(dataDir, 'pgdata.made'))
  const again = await open(dataDir)
  await again.sql.executeSql('select one from kept')
  await again.close()
  assert.ok(existsSync(join(dataDir, 'pgdata.made')))
})
