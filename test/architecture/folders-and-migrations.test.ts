import assert from 'node:assert/strict'
import { globSync, statSync } from 'node:fs'
import { test } from 'node:test'

import {
  crowdedFolders,
  MAX_FILES_A_FOLDER,
  misnumberedMigrations,
} from './folders-and-migrations.ts'

const filesOf = (pattern: string): string[] =>
  globSync(pattern).filter((path) => statSync(path).isFile())

test('no folder of src and test has more files than one looks through', () => {
  const files = filesOf('{src,test}/**/*')
  assert.ok(files.length > 300, `only ${files.length} files seen`)
  assert.deepEqual(crowdedFolders(files), [])
})

test('every migration has a number of its own, in the folder of its ten', () => {
  const migrations = filesOf('src/store/migrations/**/*.sql')
  assert.ok(migrations.length > 20, `only ${migrations.length} migrations seen`)
  assert.deepEqual(misnumberedMigrations(migrations), [])
})

test('one file too many in a folder is caught, those of its subfolders do not count', () => {
  const full = Array.from({ length: MAX_FILES_A_FOLDER }, (_, at) => `src/domain/uploads/f${at}.ts`)
  const below = ['src/domain/uploads/states/a.ts', 'src/domain/uploads/states/b.ts']
  assert.deepEqual(crowdedFolders([...full, ...below]), [])
  assert.deepEqual(crowdedFolders([...full, ...below, 'src/domain/uploads/one-more.sql']), [
    'src/domain/uploads: 19 files',
  ])
})

test('a number used twice is caught, a third use of a shipped one as well, and the wrong folder', () => {
  const at = (name: string, ten = '0000-0009') => `src/store/migrations/${ten}/${name}.sql`
  const shipped = [at('0005-webhook-endpoints'), at('0005-delivery-part')]
  assert.deepEqual(misnumberedMigrations([...shipped, at('0006-c')]), [])
  assert.deepEqual(misnumberedMigrations([at('0007-a'), at('0007-b')]), [
    '0007 is the number of 0007-a.sql and 0007-b.sql',
  ])
  assert.equal(misnumberedMigrations([...shipped, at('0005-third')]).length, 1)
  assert.equal(misnumberedMigrations([at('0005-a'), at('0005-b')]).length, 1)
  assert.deepEqual(misnumberedMigrations([at('0010-late')]), [at('0010-late')])
})
