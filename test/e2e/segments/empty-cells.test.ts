import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  fillPeople,
  LIST,
} from '../../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const NOT_BASIC = { not: { attribute: 'tier', operator: '=', value: 'basic' } }
const inList = (conditions: unknown) => ({ contactListIds: [LIST.id], conditions })

/**
 * The guide dialect cannot express this negation as an exclusion of the whole, so NOT stays inside
 * a rule.
 */
const NESTED = { any: [NOT_BASIC, { attribute: 'age', operator: '>', value: 90 }] }

const CASES = [
  // An exclusion with the positive condition. However an empty cell is read, it keeps nobody out.
  { dialect: 'guide', name: 'a negation', conditions: NOT_BASIC, depends: false },
  { dialect: 'guide', name: 'a negation beside others', conditions: NESTED, depends: true },
  { dialect: 'platform', name: 'a negation', conditions: NOT_BASIC, depends: true },
] as const

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Who has an empty cell, with the ${dialect} dialect`, () => {
    const home = embeddedHome()
    let stage: Stage
    let gateway: RunningGateway
    before(async () => {
      stage = await setStage(await home.fresh(), dialect)
      gateway = await stage.gateway({ SEGMENT_CONFIRM_SHARE: '100', SEGMENT_EXCLUSIONS: '[]' })
      await fillPeople(stage.sandbox, gateway.client)
    })
    after(async () => {
      await stage.close()
      await home.close()
    })

    for (const { name, conditions, depends } of CASES.filter((one) => one.dialect === dialect)) {
      test(`is dialled by ${name} as ${depends ? 'Genesys reads it, and is warned of' : 'the algebra says, however Genesys reads it'}`, async () => {
        const segments = createSegmentClient(gateway.client)
        const { body, status, text } = await segments.put(inList(conditions))
        assert.equal(status, 202, text)
        const warned = body.analysis.findings.filter(({ code }) => code === 'empty-cells')
        assert.equal(warned.length, depends ? 1 : 0, text)
        const { version } = body
        const applied = await segments.until(
          (segment) => segment.version === version && segment.state === 'applied',
        )
        assert.equal(applied.problem, null)
        const dialledBy = (reading: 'fulfils' | 'fails'): string[] => {
          stage.sandbox.setFaults([{ kind: 'empty-cells', reading }])
          return stage.sandbox.campaign(CAMPAIGN.id).dials
        }
        const [fulfils, fails] = [dialledBy('fulfils'), dialledBy('fails')]
        assert.ok(fulfils.includes('no-age'), 'the algebra dials an empty tier')
        assert.equal(fails.includes('no-age'), !depends)
        assert.deepEqual(
          fails.filter((id) => id !== 'no-age'),
          fulfils.filter((id) => id !== 'no-age'),
        )
        stage.sandbox.setFaults([])
      })
    }
  })
}
