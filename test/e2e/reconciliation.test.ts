import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Reconciliation } from '../../src/domain/uploads/reconciliation.ts'
import { eachHome } from '../support/databases/database.ts'
import type { UploadView } from '../support/gateway/gateway-client.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { type Dialect, type RunningGateway, setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'

type Reconciled = UploadView & {
  reconciliation: Reconciliation | null
  warnings: { code: string; uploadId?: string }[]
}

const reconciled = async ({ client, event }: RunningGateway, csv: string): Promise<Reconciled> => {
  const answer = await client.upload(LIST, csv)
  assert.equal(answer.status, 202, answer.text)
  const { id } = answer.body
  await event('upload.reconciled', (line) => line['uploadId'] === id)
  return (await client.find(id)) as Reconciled
}

eachHome('What Genesys shows of an ended upload', (home) => {
  test('agrees, until Genesys silently drops a field: then it differs by that column and no other', async () => {
    const stage = await setStage(await home.fresh(), 'platform')
    try {
      const gateway = await stage.gateway()
      const file = cleanFile({ rows: 200 }).csv
      const good = await reconciled(gateway, file)
      const { checkedAt, ...found } = good.reconciliation!
      assert.ok(checkedAt)
      assert.deepEqual(found, {
        state: 'agrees',
        sampled: 50,
        missing: 0,
        differences: {},
        listSize: 200,
        registered: 200,
      })
      assert.deepEqual(
        good.warnings.map(({ code }) => code),
        ['known-not-dialled-again'],
      )

      stage.sandbox.setFaults([{ kind: 'drop-fields', fields: ['city'], operation: 'contacts' }])
      const changed = await reconciled(gateway, cleanFile({ rows: 200, version: 2 }).csv)
      assert.deepEqual([changed.state, changed.counts.delivered], ['completed', 200])
      const { state, sampled, missing, differences } = changed.reconciliation!
      assert.deepEqual([state, sampled, missing], ['differs', 50, 0])
      assert.deepEqual(Object.keys(differences), ['city'])
      const cells = differences['city']!
      assert.ok(cells > 0 && cells <= 50)
      const metrics = (await gateway.client.call('/metrics')).text
      assert.match(metrics, /^gateway_reconciliations_total\{outcome="differs"\} 1$/m)
      assert.match(
        metrics,
        new RegExp(`^gateway_reconciled_rows_total\\{finding="different_cells"\\} ${cells}$`, 'm'),
      )
    } finally {
      await stage.close()
    }
  })

  for (const dialect of ['guide', 'platform'] as Dialect[]) {
    test(`agrees in ${dialect}, and the same file sent again is told`, async () => {
      const stage = await setStage(await home.fresh(), dialect)
      try {
        const gateway = await stage.gateway()
        const file = cleanFile({ rows: 30 }).csv
        const first = await reconciled(gateway, file)
        assert.equal(first.reconciliation?.state, 'agrees')
        assert.deepEqual([first.reconciliation.sampled, first.reconciliation.missing], [30, 0])
        const { body } = await gateway.client.upload(LIST, file)
        const warning = (body as Reconciled).warnings.find(({ code }) => code === 'same-file')
        assert.equal(warning?.uploadId, first.id)
        const second = (await gateway.client.finished(body.id)) as Reconciled
        assert.equal(second.counts.unchanged, 30)
        assert.equal(second.reconciliation, null)
      } finally {
        await stage.close()
      }
    })
  }
})
