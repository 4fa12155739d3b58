import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { createLife, Killed } from '../../support/gateway/kill-points.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

/**
 * Genesys reports no virus scan of media. After a crash the gateway looked for one all the same. If
 * the conversation had ended, the work on the file failed for ever.
 */
eachHome('Media whose worker died just after they were sent', (home) => {
  const at = fileSuite(home, { dialect: 'platform' })

  test('the gateway does not look for a verdict on them', async () => {
    const id = await at.stage.send(TEXT)
    const steps = createLife(Number.POSITIVE_INFINITY)
    await at.stage.workOnce(steps)
    const second = await at.stage.send(`${TEXT} again`)
    // The last step of a file's work stores that the file is sent.
    await assert.rejects(at.stage.workOnce(createLife(steps.taken)), Killed)
    assert.equal((await at.stage.find(id)).state, 'stored')
    assert.equal((await at.stage.find(second)).state, 'stored')
    await at.stage.freeLeases()
    at.stage.setFaults([{ kind: 'status', operation: 'conversation', status: 404 }])
    assert.deepEqual(await at.stage.workOnce(), { nextMs: null })
  })
})
