import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../support/databases/database.ts'
import { followUpload } from '../support/gateway/event-reader.ts'
import type { GatewayClient } from '../support/gateway/gateway-client.ts'
import { ADMIN_KEY } from '../support/gateway/gateway-process.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'

/**
 * The status of the answer to a client that has seen the newest version. After the end, Genesys is
 * checked once more, which may make a newer version meanwhile.
 */
const statusOnceSeen = async (client: GatewayClient, uploadId: string): Promise<number> => {
  for (;;) {
    const { version } = await client.find(uploadId)
    const { status } = await client.call(`/v1/uploads/${uploadId}/events`, {
      headers: { 'last-event-id': String(version) },
    })
    if ((await client.find(uploadId)).version === version) return status
  }
}

eachHome('The events of an upload', (home) => {
  test('tell of its state and progress and end after the final state, and once seen there is nothing more', async () => {
    const stage = await setStage(await home.fresh(), 'guide', { jobDelayMs: 1500 })
    try {
      const { client, address } = await stage.gateway()
      // Genesys takes nothing until the reader has seen the first event.
      stage.sandbox.setFaults([{ kind: 'status', status: 503, operation: 'bulk' }])
      const { body: upload } = await client.upload(LIST, cleanFile({ rows: 6000 }).csv)
      const reader = await followUpload(address, ADMIN_KEY, upload.id)
      assert.equal(reader.headers.get('content-type'), 'text/event-stream; charset=utf-8')
      const first = await reader.next()
      assert.ok(first)
      stage.sandbox.setFaults([])
      const events = [first, ...(await reader.all())]
      assert.equal(events.at(-1)?.event, 'end')
      assert.equal(events.at(-1)?.data.state, 'completed')
      assert.equal(events[0]?.event, 'state')
      const versions = events.map(({ id }) => Number(id))
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => a - b),
      )
      assert.ok(events.some(({ data }) => data.state !== 'completed'))
      const last = events.at(-1)!
      assert.equal(last.data.counts.delivered, 6000)
      assert.equal(await statusOnceSeen(client, upload.id), 204)
      const foreign = await client.call('/v1/uploads/upl_nobody/events')
      assert.equal(foreign.status, 404)
    } finally {
      await stage.close()
    }
  })

  test('end at once when the gateway stops, and do not hold it up', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const gateway = await stage.gateway()
      const { body: upload } = await gateway.client.upload(LIST, cleanFile({ rows: 20 }).csv, {
        query: `apply=manual`,
      })
      assert.equal(upload.state, 'held')
      const reader = await followUpload(gateway.address, ADMIN_KEY, upload.id)
      const first = await reader.next()
      assert.deepEqual([first?.event, first?.data.state], ['state', 'held'])
      const [exit, rest] = await Promise.all([gateway.stop(), reader.all()])
      assert.deepEqual([exit.code, rest], [0, []])
      assert.equal(gateway.events('process.stopped')[0]?.['clean'], true)

      const next = await stage.gateway()
      const resumed = await followUpload(next.address, ADMIN_KEY, upload.id, first!.id)
      const cancelled = await next.client.call(`/v1/uploads/${upload.id}/cancel`, {
        method: 'POST',
      })
      assert.equal(cancelled.status, 200)
      const events = await resumed.all()
      assert.deepEqual(
        events.map(({ event, data }) => [event, data.state]),
        [
          ['state', 'cancelled'],
          ['end', 'cancelled'],
        ],
      )
    } finally {
      await stage.close()
    }
  })
})
