import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../support/databases/database.ts'
import type { UploadView } from '../support/gateway/gateway-client.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
const ROWS = 2000

eachHome('An upload cancelled while Genesys has its batches', (home) => {
  for (const dialect of ['platform', 'guide'] as const) {
    test(`tells the truth about what Genesys has (${dialect})`, async () => {
      const stage = await setStage(await home.fresh(), dialect, { jobDelayMs: 300 })
      try {
        const { client } = await stage.gateway({ GENESYS_BATCH_ROWS: '100' })
        const operation = dialect === 'guide' ? 'bulk' : 'contacts'
        stage.sandbox.setFaults([{ kind: 'slow', operation, delayMs: 400, after: 2 }])
        const { body } = await client.upload(LIST, cleanFile({ rows: ROWS }).csv)
        while (stage.sandbox.contents(LIST).size < 300) await client.find(body.id)
        const cancel = () =>
          client.call<UploadView>(`/v1/uploads/${body.id}/cancel`, { method: 'POST' })
        const answer = await cancel()
        assert.equal(answer.status, 200, answer.text)
        assert.equal((await cancel()).status, 200)
        const upload = await client.finished(body.id)
        assert.equal(upload.state, 'cancelled')
        const { delivered, failed, unprocessed } = upload.counts
        assert.ok(unprocessed > 0, 'it was cancelled half-way')
        assert.equal(failed, 0)
        assert.equal(delivered, stage.sandbox.contents(LIST).size)
        assert.equal(delivered + unprocessed, ROWS)
        const told = await stage.crm.message(({ data }) => data.uploadId === body.id)
        assert.equal(told.type, 'upload.cancelled')
        assert.deepEqual(told.data.counts, upload.counts)
      } finally {
        await stage.close()
      }
    })
  }
})
