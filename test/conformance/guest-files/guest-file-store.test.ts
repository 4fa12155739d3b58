import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GUEST_FILE_STATES } from '../../../src/domain/guest-files/guest-file.ts'
import type { GuestFilePage } from '../../../src/workflows/ports/guest-files/guest-files.ts'
import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

eachHome('Guest files in the store', (home) => {
  const at = fileSuite(home)

  test('files of a tenant are listed newest first, by state and by day, a page after the other', async () => {
    const [first, second] = [await at.stage.send(TEXT), await at.stage.send(`${TEXT} Again.`)]
    await at.stage.work()
    const third = await at.stage.send(`${TEXT} Third.`)
    const page = { limit: 2, cursor: null }
    const ids = async (asked: Partial<GuestFilePage>, tenant = 'default') =>
      (await at.store.guestFiles.list(tenant, { ...page, ...asked }))?.items.map(({ id }) => id)
    const newest = await at.store.guestFiles.list('default', page)
    assert.deepEqual(
      newest?.items.map(({ id }) => id),
      [third, second],
    )
    assert.equal((await ids({ cursor: newest.next }))?.[0], first)
    assert.deepEqual(await ids({ state: 'scanning' }), [third])
    assert.deepEqual(await ids({ state: 'stored' }), [second, first])
    const now = new Date()
    const hourAgo = new Date(now.getTime() - 3_600_000)
    assert.deepEqual(await ids({ createdFrom: hourAgo, state: 'scanning' }), [third])
    assert.deepEqual(await ids({ createdTo: hourAgo }), [])
    assert.deepEqual(await ids({}, 'other'), [])
    assert.equal(await at.store.guestFiles.list('default', { ...page, cursor: '!' }), null)
    await at.stage.work()
  })

  test('a state that the table does not have cannot be written', async () => {
    const id = await at.stage.send(TEXT)
    const claimed = (await at.store.guestFiles.claim('worker'))!
    assert.equal(claimed.file.id, id)
    await assert.rejects(at.store.guestFiles.step(claimed.claim, { state: 'stored' }), /cannot go/u)
    assert.ok(!(GUEST_FILE_STATES.scanning.next as readonly string[]).includes('stored'))
    await at.store.guestFiles.release(claimed.claim, 0)
    await at.stage.work()
  })

  test('a worker whose file another one has writes nothing', async () => {
    await at.stage.send(TEXT)
    const first = (await at.store.guestFiles.claim('first'))!
    await at.stage.freeLeases()
    const second = (await at.store.guestFiles.claim('second'))!
    assert.equal(second.file.id, first.file.id)
    await assert.rejects(at.store.guestFiles.step(first.claim, { state: 'uploading' }), {
      name: 'FenceLost',
    })
    await at.store.guestFiles.release(second.claim, 0)
    await at.stage.work()
  })

  test('the same key and bytes are the same file, other bytes are refused', async () => {
    const idempotencyKey = 'the-same-key'
    const id = await at.stage.send(TEXT, { idempotencyKey })
    assert.equal(await at.stage.send(TEXT, { idempotencyKey }), id)
    await assert.rejects(at.stage.send('other', { idempotencyKey }), {
      code: 'idempotency-key-reused',
    })
    await at.stage.work()
  })

  test('bytes and names lie sealed in the database, and what was broken off is swept', async () => {
    const id = await at.stage.send('canary-content-in-the-clear', { fileName: 'canary-name.txt' })
    for (const table of ['guest_file', 'guest_file_piece', 'audit_entry']) {
      const { rows } = await at.store.sql.executeSql(`select t::text as row from ${table} t`)
      const text = JSON.stringify(rows)
      const hex = Buffer.from('canary-').toString('hex')
      assert.ok(!text.includes('canary-') && !text.includes(hex), table)
    }
    await at.stage.work()
    await at.store.guestFiles.begin({
      ...(await at.stage.find(id)),
      id: 'gf_left',
      owner: 'me',
    })
    assert.equal(await at.store.guestFiles.sweepReceiving(60_000), 0)
    await at.store.guestFiles.append('gf_left', 0, Buffer.from('a piece'))
    assert.equal(await at.store.guestFiles.sweepReceiving(0), 1)
    // The process that was taken for dead goes on receiving, and still has the key in memory.
    await assert.rejects(at.store.guestFiles.append('gf_left', 1, Buffer.from('a piece')), {
      name: 'StagingLost',
    })
  })
})
