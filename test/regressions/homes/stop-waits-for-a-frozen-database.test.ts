import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { createServerListener } from '../../../src/store/homes/server-listener.ts'
import { serverHome } from '../../support/databases/database.ts'
import { startStatementGate } from './statement-gate.ts'

/** More than half of the time that `main.ts` gives a stop. */
const WITHIN_MS = 6_000

const home = serverHome()

/**
 * The listener's statements had no time limit. If the database froze after the login, the listener
 * waited for ever, and so did the stop of the gateway: the process ended with code 1 after 10 s.
 */
describe('A listener for nudges', { skip: home.skip, timeout: 60_000 }, () => {
  after(() => home.close())

  for (const statement of ['pg_is_in_recovery', 'pg_backend_pid', 'listen nudged']) {
    it(`stops although the database has frozen at: ${statement}`, async (t) => {
      const place = await home.fresh()
      assert.ok(place.kind === 'server')
      const gate = await startStatementGate(place.url)
      t.after(() => gate.stop())
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const frozen = gate.hold(statement)
      const listening = createServerListener(gate.url)({
        channel: 'nudged',
        hear: () => {},
        clock: systemClock,
      })
      await frozen
      const stopped = listening.stop()
      t.mock.timers.tick(WITHIN_MS)
      await stopped
    })
  }
})
