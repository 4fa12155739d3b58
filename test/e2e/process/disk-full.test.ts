import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { mountSmallDisk, type SmallDisk } from '../../support/databases/small-disk.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { setStage, type Stage } from '../../support/stages/stage.ts'

const WRITER = join(import.meta.dirname, '..', '..', 'support', 'databases', 'write-until-full.ts')
const MIB = 1024 * 1024

const mounted = mountSmallDisk(300)
const skip = typeof mounted === 'string' ? mounted : false

describe('A full disk, embedded', { skip }, () => {
  const disk = mounted as SmallDisk
  let stage: Stage
  const home = embeddedHome()
  /** A database that is made in advance, because that takes long on a busy machine. */
  const databaseIn = async (name: string): Promise<string> => {
    const place = await home.fresh()
    const dataDir = join(disk.directory, name)
    if (place.kind === 'embedded') cpSync(place.dataDir, dataDir, { recursive: true })
    return dataDir
  }
  before(async () => {
    stage = await setStage({ kind: 'embedded', dataDir: await databaseIn('data') }, 'guide')
  })
  after(async () => {
    await stage.close()
    await home.close()
    disk.close()
  })

  test('new work is refused with its own problem while there is no room, and taken when there is', async () => {
    const gateway = await stage.gateway()
    const { client } = gateway
    const { csv } = cleanFile({ rows: 20 })
    disk.fill(30 * MIB)
    const refused = await client.upload('demo-contacts', csv, { key: 'full' })
    assert.equal(refused.status, 503, refused.text)
    assert.match(refused.text, /"code":"storage-full"/)
    assert.equal(refused.headers.get('retry-after'), '30')
    const unready = await client.call('/readyz')
    assert.equal(unready.status, 503)
    assert.match(unready.text, /The disk of the database is full/)
    assert.equal((await client.call('/v1/uploads')).status, 200)
    disk.makeRoom()
    assert.equal((await client.call('/readyz')).status, 200)
    const taken = await client.upload('demo-contacts', csv, { key: 'full' })
    assert.equal(taken.status, 202, taken.text)
    assert.equal((await client.finished(taken.body.id)).state, 'completed')
    assert.equal((await gateway.stop()).code, 0)
  })

  test('the process ends when a write of the database fails, and the next start finds everything that was accepted', async () => {
    const dataDir = await databaseIn('filled')
    const writer = spawn(process.execPath, [WRITER, dataDir], { stdio: 'pipe' })
    const said = text(writer.stderr)
    await once(writer.stdout, 'data')
    disk.fill(4 * MIB)
    writer.stdin.write('go\n')
    // A writer that hangs must not make the test hang.
    const late = setTimeout(() => writer.kill('SIGKILL'), 90_000)
    const [code, signal] = (await once(writer, 'exit')) as [number | null, string | null]
    clearTimeout(late)
    assert.deepEqual([code, signal], [1, null])
    assert.match(await said, /"event":"store.write_failed","code":"ENOSPC"/)
    await assert.rejects(
      openEmbedded({ dataDir, clock: systemClock, emit: () => {} }),
      /less than 64 MiB free/,
    )
    disk.makeRoom()
    rmSync(join(disk.directory, 'data'), { recursive: true, force: true })
    const again = await openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
    await again.sql.executeSql('select count(*) from filling')
    await again.close()
  })
})
