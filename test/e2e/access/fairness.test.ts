import assert from 'node:assert/strict'
import { test } from 'node:test'

import { addTenant } from '../../support/gateway/add-tenant.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const LISTS = [1, 2, 3, 4, 5].map((n) => `demo-list-${n}`)
const FLOOD_A_LIST = 6
/** Each batch needs a separate request, and the pace allows ten a second. */
const BATCHES = 5
const BATCH_ROWS = 50
const PACE = {
  GENESYS_BATCH_ROWS: String(BATCH_ROWS),
  GENESYS_REQUESTS_PER_MINUTE: '600',
}

const { gateway } = stageOfSuite('guide', () => PACE)

test("a tenant's flood keeps no small upload of another waiting: it is delivered while the flood still waits", async () => {
  const flooding = await addTenant(gateway(), 'flooding', LISTS)
  const small = await addTenant(gateway(), 'small', ['demo-contacts'])
  const flood: string[] = []
  for (let version = 1; version <= FLOOD_A_LIST; version += 1) {
    for (const list of LISTS) {
      const { csv } = cleanFile({ rows: BATCHES * BATCH_ROWS, prefix: list, version })
      const answer = await flooding.upload(list, csv)
      assert.equal(answer.status, 202, answer.text)
      flood.push(answer.body.id)
    }
  }
  const { csv } = cleanFile({ rows: 1, prefix: 'one', version: 1 })
  const answer = await small.upload('demo-contacts', csv)
  assert.equal(answer.status, 202, answer.text)
  const done = await small.finished(answer.body.id)
  assert.equal(done.counts.delivered, 1)
  const { body } = await flooding.call<{ items: { id: string }[] }>(
    '/v1/uploads?state=staged&limit=200',
  )
  assert.ok(body.items.length > 0, 'the flood was over: it was no flood')
  for (const id of flood) assert.equal((await flooding.finished(id)).state, 'completed')
})
