import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

let stage: ApplyStage
before(async () => {
  stage = await setApplyStage('guide')
})
after(() => stage.close())

/** Each outage while the index was pending sent `segment.applied` again, with an audit entry. */
it('a pending index is reported once, even if Genesys is away several times meanwhile', async () => {
  const id = 'slow-index'
  const events = ['segment.applied', 'segment.failed'] as const
  const cdp = { name: 'cdp', url: 'https://cdp.example', secret: 'whsec_abc', events }
  await stage.store.sync.ensureEnvEndpoints([cdp])
  stage.sandbox.setFaults([{ kind: 'index-lag', lagMs: 10_000_000 }])
  stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id })
  await stage.put(id)
  await stage.look(id)
  stage.advance(61_000)
  await stage.look(id)
  const away = new Proxy(stage.genesys.campaigns, {
    get: (object, name) =>
      name === 'readCampaign'
        ? () => Promise.reject(new GenesysFailure('unavailable', 'read-campaign', {}))
        : (Reflect.get(object, name, object) as unknown),
  })
  for (let outages = 0; outages < 2; outages += 1) {
    await stage.look(id, away)
    assert.equal((await stage.latest(id)).state, 'held')
    await stage.look(id)
    const { state, waitingFor } = await stage.latest(id)
    assert.deepEqual([state, waitingFor], ['index_pending', 'index'])
  }
  stage.advance(10_000_000)
  await stage.look(id)
  const { rows } = await stage.store.sql
    .executeSql(`select body::json -> 'data' ->> 'state' as state
    from sync_delivery where object = '${id}' order by id`)
  assert.deepEqual(rows, [{ state: 'index_pending' }, { state: 'applied' }])
})
