import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { embeddedHome, serverHome } from '../../support/databases/database.ts'
import { erasureSuite, isDone, placeOf } from '../../support/privacy/erasure-suite.ts'

describe('An erasure in Genesys', () => {
  for (const home of [embeddedHome(), serverHome()]) {
    describe(`on the ${home.kind} home`, { skip: home.skip }, () => {
      const at = erasureSuite(home, 'platform')

      it('waits while Genesys is away, survives kill -9, and ends when it is back', async () => {
        const [ann, bob] = at.people()
        await at.gateway().client.finished(await at.upload([ann, bob].map(at.rowOf)))
        at.stage().sandbox.setFaults([{ kind: 'status', operation: 'contact', status: 503 }])
        const id = await at.erase({ phoneNumber: ann.phone })
        const waiting = await at.until(id, ({ waitsFor }) => waitsFor === 'unavailable')
        assert.equal(waiting.state, 'waiting')
        assert.equal(placeOf(waiting, 'rows').erased, 1)
        await at.restart()
        at.stage().sandbox.setFaults([])
        const done = await at.until(id, isDone)
        assert.deepEqual(
          [done.state, placeOf(done, 'rows').erased, placeOf(done, 'genesys_contacts').erased],
          ['completed', 1, 1],
        )
        assert.deepEqual([await at.inGenesys(ann.id), await at.inGenesys(bob.id)], [404, 200])
      })

      it('does not believe a deletion that deletes nothing', async () => {
        const [ann] = at.people()
        await at.gateway().client.finished(await at.upload([at.rowOf(ann)]))
        at.stage().sandbox.setFaults([{ kind: 'contacts-kept' }])
        const done = await at.until(await at.erase({ phoneNumber: ann.phone }), isDone)
        assert.equal(done.state, 'completed_with_remains')
        assert.deepEqual(
          placeOf(done, 'genesys_contacts').remains.map(({ code }) => code),
          ['genesys_keeps_contact'],
        )
      })
    })
  }
})
