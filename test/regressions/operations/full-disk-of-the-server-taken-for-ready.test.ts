import assert from 'node:assert/strict'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { StorageFull } from '../../../src/domain/problems/store-unavailable.ts'
import { openTestStore } from '../../support/databases/database.ts'
import { runOn, serverUser, startPostgres } from '../../support/databases/postgres-server.ts'
import { standbySkip } from '../../support/databases/postgres-standby.ts'
import { mountSmallDisk } from '../../support/databases/small-disk.ts'

/**
 * The check of the database changed one row in its place, which needs no space. So `/readyz`
 * answered 200 while every upload got 503 `storage-full`.
 */
test('a server whose disk is full is not ready', { skip: standbySkip() }, async (t) => {
  const disk = mountSmallDisk(100)
  if (typeof disk === 'string') return t.skip(disk)
  t.after(() => disk.close())
  const server = await startPostgres()
  t.after(() => server.stop())
  const place = join(disk.directory, 'tables')
  mkdirSync(place)
  const user = serverUser()
  if (user !== null && user !== 'none') chownSync(place, user.uid, user.gid)
  await runOn(server.url, `create tablespace small location '${place}'`)
  await runOn(server.url, `create database full_one template ${server.migrated} tablespace small`)
  const url = new URL(server.url)
  url.pathname = '/full_one'
  const store = await openTestStore({ kind: 'server', url: url.href })
  t.after(() => store.close())
  await store.home.ping()
  disk.fill(0)
  await assert.rejects(store.home.ping(), StorageFull)
  disk.makeRoom()
  await store.home.ping()
})
