import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { Operation } from '../../src/http/document/operation.ts'
import { embeddedHome } from '../support/databases/database.ts'
import { createExampleCalls } from '../support/documents/example-calls.ts'
import { createKnownIds } from '../support/documents/known-ids.ts'
import { startFakeServer } from '../support/gateway/http-fakes.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

/**
 * Calls every example of the API document on a running gateway, in front of the sandbox. The answer
 * must have the status and the media type that the document names, and a body that matches its
 * schema. Ids that are known only during a run replace those of the example.
 */
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`

const home = embeddedHome()
let stage: Stage
let gateway: RunningGateway
let platformStage: Stage
let platformGateway: RunningGateway
const operations = new Map<string, Operation>()

before(async () => {
  const { app } = await startFakeServer()
  await app.close()
  for (const operation of app.operations()) operations.set(operation.id, operation)
  stage = await setStage(await home.fresh(), 'guide')
  gateway = await stage.gateway({ WEBHOOK_SECRET: SECRET })
  platformStage = await setStage(await home.fresh(), 'platform')
  platformGateway = await platformStage.gateway()
})
after(async () => {
  await stage.close()
  await platformStage.close()
  await home.close()
})

test('every documented example is answered as documented', async (t) => {
  const calls = createExampleCalls({ operations, gateway, platformGateway })
  const known = await createKnownIds({ stage, gateway, operations, calls, secret: SECRET })
  for (const { id, examples } of operations.values()) {
    for (const { name } of examples) {
      await t.test(`${id} ${name}`, async () => {
        await calls.call(id, name, (await known[id]?.(name)) ?? {})
      })
    }
  }
  for (const { events } of [gateway, platformGateway]) {
    assert.deepEqual(events('http.problem_undeclared'), [])
  }
  const hidden = calls.hidden()
  assert.ok(hidden > 30, String(hidden))
  t.diagnostic(`${hidden} calls of another tenant found nothing`)
})
