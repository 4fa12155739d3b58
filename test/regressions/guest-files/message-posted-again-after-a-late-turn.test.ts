import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

/**
 * How long a sent message may take to show was measured from before the call waited for its turn.
 * When the turn came late and the answer was lost, the gateway posted the message a second time.
 */
eachHome('A message that waits long for its turn, and whose answer is lost', (home) => {
  const at = fileSuite(home, { dialect: 'platform' })

  test('is posted once', async () => {
    const id = await at.stage.send(TEXT)
    at.stage.setFaults([
      { kind: 'executed-then-reset', operation: 'message', count: 1 },
      { kind: 'message-hidden', forMs: 45_000 },
    ])
    const messages = () => at.stage.sandbox.messageMedia().map(({ messages: count }) => count)
    /** Each effect comes 70 s late until the message is sent. */
    const step = () => {
      if (!messages().includes(1)) at.stage.clock.skip(70_000)
    }
    const late = { step, taken: 0, ended: false }
    await at.stage.workOnce(late)
    assert.equal((await at.stage.find(id)).state, 'held')
    await at.stage.work()
    assert.equal((await at.stage.find(id)).state, 'stored')
    assert.deepEqual(messages(), [1])
  })
})
