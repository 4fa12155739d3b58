import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createCancelGuestFile } from '../../../src/workflows/guest-files/cancel-guest-file.ts'
import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const CALLER = { tenantId: 'default', keyId: 'key_1', scopes: ['files'], requestId: 'r' } as const
const OLD = { dialect: 'guide', apiHost: 'api', clientId: 'deleted' } as const

/**
 * While Genesys refused the credentials, a file was held without limit, and nobody could end it. If
 * the OAuth client was deleted, the gateway also refused to start with a new one, because the file
 * was unfinished work.
 */
eachHome('A guest file that is held', (home) => {
  const at = fileSuite(home)
  const cancel = (id: string, tenantId = 'default') =>
    createCancelGuestFile({ files: at.store.guestFiles, ids, emit: () => undefined })(
      { ...CALLER, tenantId, scopes: ['files'] },
      id,
    )

  test('can be cancelled, and no longer keeps the gateway from another OAuth client', async () => {
    assert.equal(await at.store.home.bind(OLD), 'bound')
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([{ kind: 'status', status: 401 }])
    await at.stage.workOnce()
    const held = await at.stage.find(id)
    assert.equal(held.state, 'held')
    assert.equal(await at.store.home.bind({ ...OLD, clientId: 'new' }), 'other')
    assert.ok((await at.store.home.gauges()).oldestGuestFileHoldSeconds > 0)
    await assert.rejects(cancel(id, 'other'), { code: 'not-found' })
    const file = await cancel(id)
    assert.deepEqual(
      [file.state, file.hold, file.problem?.code, file.version],
      ['failed', null, 'guest-file-cancelled', held.version + 1],
    )
    assert.equal(await at.piecesOf(id), 0)
    assert.equal((await at.store.home.gauges()).oldestGuestFileHoldSeconds, 0)
    assert.equal(await at.stage.workOnce(), null)
    assert.equal(await at.store.home.bind({ ...OLD, clientId: 'new' }), 'bound')
    await assert.rejects(cancel(id), { code: 'guest-file-ended' })
  })

  test('is cancelled although a worker has it, and the worker confirms nothing afterwards', async () => {
    const id = await at.stage.send(TEXT)
    const { claim } = (await at.store.guestFiles.claim('worker'))!
    await cancel(id)
    await assert.rejects(at.store.guestFiles.step(claim, { state: 'uploading' }), {
      name: 'FenceLost',
    })
    await at.store.guestFiles.release(claim, 0)
    assert.equal(await at.store.guestFiles.claim('worker'), null)
    assert.equal((await at.stage.find(id)).state, 'failed')
  })

  test('is reported as perhaps sent if a confirmation may have arrived', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([{ kind: 'executed-then-reset', operation: 'guest-file-confirm' }])
    await at.stage.workOnce()
    assert.match((await cancel(id)).problem!.detail, /after the gateway had sent it/u)
  })
})
