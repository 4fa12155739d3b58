import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

const OLD = { dialect: 'guide', apiHost: 'api.old', clientId: 'c' }
const NEW = { dialect: 'platform', apiHost: 'api.new', clientId: 'd' }

/**
 * A stored file counted as finished work, although the gateway still looked for Genesys' verdict on
 * it. After a change of the org, the gateway looked for the verdict in the new org.
 */
eachHome('A stored file without a verdict when the org of Genesys changes', (home) => {
  const at = fileSuite(home)

  test('the store is bound to another org only when the gateway no longer looks for a verdict', async () => {
    const { home: stored } = at.store
    assert.equal(await stored.bind(OLD), 'bound')
    for (const afterMs of [3_600_000, null]) {
      const id = await at.stage.send(TEXT)
      const word = afterMs === null ? null : 'passed'
      at.stage.setFaults([{ kind: 'guest-file-verdict', word, afterMs: afterMs ?? 0, count: 1 }])
      await at.stage.workOnce()
      const { state, genesys } = await at.stage.find(id)
      assert.deepEqual([state, genesys.virusScan], ['stored', 'pending'])
      assert.equal(await stored.bind(NEW), 'other')
      assert.equal(await stored.bind(OLD), 'bound')
      await at.stage.work(1000)
      assert.equal((await at.stage.find(id)).genesys.virusScan, word ?? 'pending')
      assert.equal(await stored.bind(NEW), 'bound')
      assert.equal(await stored.bind(OLD), 'bound')
    }
  })
})
