import assert from 'node:assert/strict'
import { test } from 'node:test'

import { NO_ACCESS } from '../../support/gateway/absent-parts.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const URL = '/v1/audit-entries/verification'

/**
 * A head is a block and its hash. If an auditor left one of the two out, the gateway compared no
 * head at all and still answered `ok: true`, as if the head had been found.
 */
test('a block without its hash, or a hash without its block, is refused and never taken for a verified head', async () => {
  const heads: unknown[] = []
  const verdict = {
    ...{ ok: true, head: { block: 3, hash: 'a'.repeat(64) }, firstBlock: 1, lastBlock: 3 },
    ...{ blocks: 3, entries: 3, faults: [], strayEntries: 0 },
    waiting: { entries: 0, oldestSeconds: 0 },
  }
  const audit = {
    ...NO_ACCESS.audit,
    verify: async ({ head }: { head: unknown }) => {
      heads.push(head)
      return verdict
    },
  }
  const { app } = await startFakeServer({ audit })
  try {
    const ask = (query: string) => app.inject({ url: `${URL}?${query}`, headers: bearer('admin') })
    for (const query of ['headBlock=3', `headHash=${'a'.repeat(64)}`]) {
      const answer = await ask(query)
      assert.equal(answer.statusCode, 400, query)
      const { code, parameters } = answer.json()
      assert.deepEqual([code, parameters], ['parameter-invalid', ['headBlock', 'headHash']])
    }
    assert.deepEqual(heads, [])
    assert.equal((await ask(`headBlock=3&headHash=${'a'.repeat(64)}`)).statusCode, 200)
    assert.equal((await ask('blocks=2')).statusCode, 200)
    assert.deepEqual(heads, [{ block: 3, hash: 'a'.repeat(64) }, null])
  } finally {
    await app.close()
  }
})
