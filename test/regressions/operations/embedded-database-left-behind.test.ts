import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { tellOfUnusedCluster } from '../../../src/store/homes/cluster/unused-cluster.ts'

const SERVER = { kind: 'server', url: 'postgres://127.0.0.1/gateway' } as const

const toldAbout = (
  t: TestContext,
  kind: 'server' | 'embedded',
  files: readonly string[],
): string[] => {
  const dataDir = mkdtempSync(join(tmpdir(), 'left-behind-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  mkdirSync(join(dataDir, 'pgdata'))
  for (const file of files) writeFileSync(join(dataDir, file), '')
  const told: string[] = []
  const home = kind === 'server' ? SERVER : { kind, dataDir }
  tellOfUnusedCluster({ home, dataDir }, (event) => told.push(event))
  return told
}

/**
 * DATABASE_URL was set on a gateway that had worked on the embedded database. Its unfinished
 * uploads stayed behind and were never sent, and its do-not-call entries suppressed nobody. No line
 * of the log said so.
 */
test('a start with DATABASE_URL reports an embedded database that it does not use', (t) => {
  assert.deepEqual(toldAbout(t, 'server', ['pgdata/PG_VERSION']), ['store.left_behind'])
})

test('a start reports no embedded database if there is none, or if it uses it', (t) => {
  assert.deepEqual(toldAbout(t, 'server', []), [])
  assert.deepEqual(toldAbout(t, 'embedded', ['pgdata/PG_VERSION']), [])
})
