import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { StoreUnavailable } from '../../../src/domain/problems/store-unavailable.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { serverHome } from '../../support/databases/database.ts'
import { startStatementGate } from './statement-gate.ts'

const home = serverHome()

/**
 * The pool checked a new connection for a caller that had waited for it. The caller's time ended
 * during the check. The pool then gave the connection to this caller anyway, and nobody returned
 * it. When all connections were lost like this, every statement failed until a restart.
 */
describe('A new connection to a server', { skip: home.skip, timeout: 60_000 }, () => {
  after(() => home.close())

  it('is not lost if its caller stops waiting while the connection is checked', async (t) => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const gate = await startStatementGate(place.url)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const database = openServer({ url: gate.url, poolSize: 1 })
    t.after(async () => {
      await database.close()
      await gate.stop()
    })
    const { executeSql } = database.sql
    await executeSql('select 1')
    const checking = gate.hold('pg_is_in_recovery')
    // After its error, the only connection is closed, and another is opened for the next caller.
    const failing = assert.rejects(executeSql('select 1 / 0'), { code: '22012' })
    const waiting = assert.rejects(executeSql('select 1'), StoreUnavailable)
    await failing
    await checking
    t.mock.timers.tick(5_000)
    await waiting
    t.mock.timers.reset()
    gate.open()
    assert.deepEqual((await executeSql('select 1 as one')).rows, [{ one: 1 }])
  })
})
