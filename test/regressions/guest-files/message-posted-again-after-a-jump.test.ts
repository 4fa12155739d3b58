import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { fileSuite, TEXT } from '../../support/guest-files/file-suite.ts'

const DAY_MS = 86_400_000

/**
 * Genesys did not answer the message with a file, and showed it only seconds later. The machine's
 * clock measured how long it may take to show. When this clock was set ahead, the gateway posted
 * the message to the guest a second time.
 */
eachHome('A message whose answer is lost, and that shows late', (home) => {
  const at = fileSuite(home, { dialect: 'platform' })

  for (const jumpMs of [DAY_MS, -DAY_MS]) {
    test(`is posted once although the clock jumps by ${jumpMs} ms`, async () => {
      const before = new Set(at.stage.sandbox.messageMedia().map(({ id }) => id))
      const id = await at.stage.send(`${TEXT} ${jumpMs}`)
      at.stage.setFaults([
        { kind: 'executed-then-reset', operation: 'message', count: 1 },
        { kind: 'message-hidden', forMs: 45_000 },
      ])
      await at.stage.workOnce()
      assert.equal((await at.stage.find(id)).state, 'held')
      at.stage.jump(jumpMs)
      await at.stage.work()
      assert.equal((await at.stage.find(id)).state, 'stored')
      const media = at.stage.sandbox.messageMedia().filter((one) => !before.has(one.id))
      assert.deepEqual(
        media.map(({ messages }) => messages),
        [1],
      )
    })
  }

  test('is looked for again after a second try that Genesys throttled', async () => {
    const before = new Set(at.stage.sandbox.messageMedia().map(({ id }) => id))
    const id = await at.stage.send(`${TEXT} throttled`)
    at.stage.setFaults([
      { kind: 'executed-then-reset', operation: 'message', count: 1 },
      { kind: 'status', operation: 'message', status: 429, count: 1, after: 1 },
      { kind: 'message-hidden', forMs: 70_000 },
    ])
    await at.stage.work()
    assert.equal((await at.stage.find(id)).state, 'stored')
    const media = at.stage.sandbox.messageMedia().filter((one) => !before.has(one.id))
    assert.deepEqual(
      media.map(({ messages }) => messages),
      [1],
    )
  })
})
