import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { PlacedRules } from '../../../src/domain/segments/placed.ts'
import type {
  CampaignPort,
  PlatformCampaignPort,
} from '../../../src/workflows/ports/segments/campaigns.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

/** The campaigns, except that Genesys does not answer the call that makes a filter. */
const withoutFilters = (campaigns: CampaignPort): CampaignPort =>
  new Proxy(campaigns, {
    get: (object, name) =>
      name === 'makeFilter'
        ? () => Promise.reject(new GenesysFailure('unavailable', 'make-filter'))
        : (Reflect.get(object, name, object) as unknown),
  })

const EVERYBODY: PlacedRules = {
  conditions: {
    path: '/conditions',
    kind: 'leaf',
    leaf: { attribute: 'region', operator: '!=', value: 'nowhere' },
  },
  exclusions: [],
}

/**
 * The name of a filter had only the campaign and the number of the version. A database that was
 * restored from a backup, or begun anew, counts the same numbers again, for other rules. If the
 * answer to the call that makes a filter was lost, the gateway looked for the name, and found the
 * filter of the former version with this number. It switched the campaign to this filter. The
 * campaign dialled by rules that nobody had asked for, and the version was `applied`.
 */
describe('A filter that another database made for a version of the same number', () => {
  let stage: ApplyStage
  let campaigns: PlatformCampaignPort
  before(async () => {
    stage = await setApplyStage('platform')
    assert.ok(stage.genesys.campaigns.dialect === 'platform')
    campaigns = stage.genesys.campaigns
  })
  after(() => stage.close())

  const context = () => ({
    ...{ tenantId: 'default', class: 'delivery' as const, retryForMs: 0 },
    signal: new AbortController().signal,
  })

  it('is not taken for the filter of this version, although the answer of Genesys was lost', async () => {
    const id = 'counted-again'
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id })
    const compilation = campaigns.compile(EVERYBODY, [LIST.id])
    assert.ok('compiled' in compilation)
    await stage.put(id)
    await stage.look(id, withoutFilters(campaigns))
    // What the former database made for its version 1 of this campaign.
    const former = { name: `outbound-gateway ${id} v1`, contactListId: LIST.id }
    const wrong = await campaigns.makeFilter({ ...former, ...compilation }, context())
    while ((await stage.look(id)) !== null);
    assert.equal((await stage.latest(id)).state, 'applied')
    const { filterId } = await campaigns.readCampaign(id, context())
    assert.notEqual(filterId, wrong, 'the campaign dials by other rules')
  })
})
