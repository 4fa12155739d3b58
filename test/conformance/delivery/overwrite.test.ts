import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { FOREVER, overwriteSuite } from '../../support/stages/overwrite-suite.ts'

eachHome('Overwriting a list', (home) => {
  const { forgetAudit, play, stride } = overwriteSuite(home)

  for (const [dialect, method] of [
    ['guide', 'batches'],
    ['guide', 'file'],
    ['platform', 'batches'],
  ] as const) {
    it(`ends with exactly the new contacts wherever the process is killed (${dialect}, ${method})`, async () => {
      await forgetAudit()
      const { taken } = await play(dialect, method, FOREVER)
      assert.ok(taken > 12, `only ${taken} steps`)
      for (let steps = 1; steps <= taken; steps += stride) await play(dialect, method, steps)
    })
  }
})
