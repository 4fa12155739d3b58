import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY, metricOf, startGateway } from '../../support/gateway/gateway-process.ts'

const embedded = embeddedHome()
after(() => embedded.close())

test('a gateway reads made-up rows before it listens, whatever the limits for files are, and keeps none of them', async (t) => {
  const home = await embedded.fresh()
  assert.ok(home.kind === 'embedded')
  const gateway = await startGateway({
    DATA_DIR: home.dataDir,
    WARM_UP_ROWS: '3000',
    MAX_UPLOAD_BYTES: '1000',
    MAX_UPLOAD_ROWS: '10',
    CONTACT_ID_PATTERN: '[0-9]{4}',
    DEFAULT_PHONE_REGION: 'DE',
  })
  t.after(() => gateway.stop())
  const steps = gateway.events('process.starting').map(({ step }) => step)
  assert.deepEqual(steps.slice(-3), ['warm-up', 'start-jobs', 'listen'])
  const metrics = await fetch(`${gateway.address}/metrics`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  assert.equal(metricOf(await metrics.text(), 'gateway_uploads{state="receiving"}'), 0)
})
