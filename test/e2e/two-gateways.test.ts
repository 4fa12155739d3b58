import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { serverHome } from '../support/databases/database.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import type { RunningGateway, Stage } from '../support/stages/stage.ts'
import { setStage } from '../support/stages/stage.ts'

const LISTS = [1, 2, 3, 4, 5].map((n) => `demo-list-${n}`)
const UPLOADS_A_LIST = 3
const ROWS = 600
/** A lease of 10 s, plus the polling of gateways that wait for it (promise P4). */
const RESUME_WITHIN_MS = 15_000

const server = serverHome()

/**
 * Three uploads to every list, sent to the gateways in turn. Each later one has newer content of
 * the same contacts.
 */
const loadLists = async (gateways: readonly RunningGateway[]): Promise<Map<string, string>> => {
  const keyed = new Map<string, string>()
  for (let version = 1; version <= UPLOADS_A_LIST; version += 1) {
    for (const [index, list] of LISTS.entries()) {
      const { client } = gateways[(index + version) % gateways.length] as RunningGateway
      const { csv } = cleanFile({ rows: ROWS, prefix: list, version })
      const answer = await client.upload(list, csv)
      assert.equal(answer.status, 202, answer.text)
      keyed.set(answer.body.id, list)
    }
  }
  return keyed
}

const assertAllDelivered = async (
  stage: Stage,
  gateway: RunningGateway,
  uploads: ReadonlyMap<string, string>,
): Promise<void> => {
  for (const id of uploads.keys()) {
    const upload = await gateway.client.finished(id)
    assert.equal(upload.state, 'completed')
    assert.equal(upload.counts.delivered, ROWS)
    await stage.crm.message(({ data }) => data.uploadId === id)
    assert.equal(new Set(stage.crm.about(id).map((message) => message.id)).size, 1)
  }
  for (const list of LISTS) {
    const { expected } = cleanFile({ rows: ROWS, prefix: list, version: UPLOADS_A_LIST })
    assert.deepEqual(differences(stage.sandbox.contents(list), expected), [], list)
  }
  const ledger = stage.sandbox.ledger()
  for (const { listId, overlappingRequests } of ledger.lists) {
    assert.equal(overlappingRequests, 0, `two requests at a time to ${listId}`)
  }
  assert.equal(ledger.throttled, 0)
  assert.equal(ledger.requestIds.conflicting, 0)
}

describe('Two gateways on one database', { skip: server.skip }, () => {
  after(() => server.close())
  const fresh = () => server.fresh()

  test('share five lists without an overlap and without a request over their common pace', async () => {
    const stage = await setStage(await fresh(), 'guide')
    try {
      const perMinute = 900
      const env = { GENESYS_BATCH_ROWS: '100', GENESYS_REQUESTS_PER_MINUTE: String(perMinute) }
      const gateways = [await stage.gateway(env), await stage.gateway(env)]
      const before = stage.sandbox.ledger().requests.total
      const startedAt = performance.now()
      const uploads = await loadLists(gateways)
      await assertAllDelivered(stage, gateways[0] as RunningGateway, uploads)
      const seconds = (performance.now() - startedAt) / 1000
      const requests = stage.sandbox.ledger().requests.total - before
      const allowed = (perMinute / 60) * (seconds + 1) + perMinute / 60
      assert.ok(requests <= allowed, `${requests} requests in ${seconds} s, allowed ${allowed}`)
      for (const gateway of gateways) {
        assert.ok(gateway.events('batch.settled').length > 0, 'one of the two did nothing')
      }
    } finally {
      await stage.close()
    }
  })

  test('one is killed in the middle: the other goes on within 15 s and delivers everything', async () => {
    const stage = await setStage(await fresh(), 'guide')
    try {
      stage.sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 60 }])
      const env = { GENESYS_BATCH_ROWS: '50' }
      const doomed = await stage.gateway(env)
      const uploads = await loadLists([doomed])
      let settled = 0
      await doomed.event('batch.settled', () => (settled += 1) >= 10)
      const heir = await stage.gateway(env)
      await doomed.kill()
      const killedAt = performance.now()
      await Promise.all(
        LISTS.map((list) => {
          const ofList = [...uploads].flatMap(([id, of]) => (of === list ? [id] : []))
          return Promise.race([
            heir
              .event('batch.settled', (line) => ofList.includes(String(line['uploadId'])))
              .catch(() => undefined),
            // The second gateway may start so slowly that the first one had finished this list.
            Promise.all(ofList.map((id) => heir.client.finished(id, 60_000))),
          ])
        }),
      )
      const resumedMs = performance.now() - killedAt
      assert.ok(resumedMs <= RESUME_WITHIN_MS, `work on all lists resumed after ${resumedMs} ms`)
      await assertAllDelivered(stage, heir, uploads)
    } finally {
      await stage.close()
    }
  })
})
