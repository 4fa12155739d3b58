import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { byGateway, createAuditEntry } from '../../../src/domain/audit/audit.ts'
import { FIRST_PROGRESS } from '../../../src/domain/segments/campaign-segment.ts'
import type { SegmentDefinition } from '../../../src/domain/segments/segment.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { FenceLost } from '../../../src/workflows/ports/delivery/delivery.ts'
import {
  SegmentReplaced,
  type ExpectedVersions,
  type SegmentPut,
} from '../../../src/workflows/ports/segments/segments.ts'
import { auditOfEnd } from '../../../src/workflows/segments/segment-audit.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

/** A literal that occurs nowhere else. If it appears in a place, that place is not encrypted. */
const NAME = 'Quetzalcoatlina'
const RULE = { attribute: 'lastName', operator: '=', value: NAME } as const
const DEFINITION: SegmentDefinition = {
  ...{ contactListIds: ['list'], conditions: RULE, exclusions: [] },
  ...{ dialingMode: null, useOnlyOnce: null, activation: 'keep', confirm: null },
}
const ANALYSIS = {
  digest: 'd',
  findings: [
    {
      ...{ code: 'overlap', severity: 'info', path: '/conditions', detail: '…' },
      witness: { lastName: NAME },
    },
  ],
  ...{ matches: null, change: null },
} as const

eachHome('Segments as they are stored', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const put = async (
    campaignId: string,
    expected: ExpectedVersions = null,
    claimed = true,
  ): Promise<SegmentPut> => {
    const scope = { tenantId: 'default', method: 'PUT', path: `/${campaignId}`, key: ids.newUuid() }
    if (claimed) await store.idempotency.claim({ ...scope, owner: 'me', deadAfterMs: 60_000 })
    return store.segments.put(
      {
        ...{ tenantId: 'default', campaignId, sent: { conditions: RULE }, house: [] },
        definition: DEFINITION,
        compiled: { body: { rules: [NAME] }, ruleCount: 1, rulePaths: ['/conditions'] },
        analysis: ANALYSIS as never,
        ...{ actor: 'key_1', requestId: 'req_1' },
      },
      {
        expected,
        kept: {
          scope: { ...scope, owner: 'me' },
          answerOf: ({ version }) => ({
            ...{ fingerprint: 'f', status: 202, body: JSON.stringify({ version }), location: null },
          }),
        },
        audit: (version) =>
          createAuditEntry(ids, byGateway({ tenantId: 'default', requestId: 'req_1' }), {
            ...{ action: 'segment.requested', object: campaignId, counts: { version } },
          }),
        auditOfEnd: (ended) => auditOfEnd(ids, ended),
      },
    )
  }
  const versionOf = (made: SegmentPut): number | string =>
    made.kind === 'made' ? made.segment.version : made.kind
  const claimOf = async (campaignId: string) => {
    for (;;) {
      const claimed = await store.segments.claim('me')
      assert.ok(claimed, `nothing to claim for ${campaignId}`)
      if (claimed.claim.campaignId === campaignId) return claimed
      await store.segments.release(claimed.claim, null)
    }
  }

  it('are versions, each kept as it was put, and the newest is the work', async () => {
    assert.equal(await store.segments.latest('one'), null)
    const made = await put('one')
    assert.ok(made.kind === 'made')
    assert.deepEqual(JSON.parse(made.answer.body), { version: 1 })
    const { segment } = made
    assert.deepEqual([segment.state, segment.progress], ['applying', FIRST_PROGRESS])
    assert.deepEqual([segment.sent, segment.definition], [{ conditions: RULE }, DEFINITION])
    assert.deepEqual(segment.analysis, ANALYSIS)
    assert.equal(versionOf(await put('one')), 2)
    assert.deepEqual(await store.segments.version('one', 1).then((first) => first?.problem), {
      ...{
        code: 'segment-superseded',
        detail: 'The newer version 2 was accepted before this version was applied.',
      },
    })
    assert.equal((await store.segments.latest('one'))?.version, 2)
    assert.equal(await store.segments.version('one', 3), null)
    assert.equal(await store.segments.inForce('one'), null)
  })

  it('are put only by who has seen the newest one, where that is asked for', async () => {
    assert.equal(versionOf(await put('two', 'any')), 'other-version')
    assert.equal(versionOf(await put('two', [1])), 'other-version')
    assert.equal(versionOf(await put('two')), 1)
    assert.equal(versionOf(await put('two', [])), 'other-version')
    assert.equal(versionOf(await put('two', [7, 1])), 2)
    assert.equal(versionOf(await put('two', 'any')), 3)
    const both = await Promise.all([put('two', [3]), put('two', [3]), put('two', [3])])
    assert.deepEqual(
      both.map((made) => String(versionOf(made))).toSorted((a, b) => a.localeCompare(b)),
      ['4', 'other-version', 'other-version'],
    )
    assert.equal((await store.segments.latest('two'))?.version, 4)
  })

  it('leave nothing where the claim of the key was taken over', async () => {
    assert.equal(versionOf(await put('three', null, false)), 'claim-lost')
    assert.equal(await store.segments.latest('three'), null)
  })

  it('are listed newest first, by pages', async () => {
    for (let version = 1; version <= 5; version += 1) await put('four')
    const page = await store.segments.versions('four', { cursor: null, limit: 2 })
    assert.deepEqual(
      page?.items.map(({ version }) => version),
      [5, 4],
    )
    const rest = await store.segments.versions('four', { cursor: page?.next ?? null, limit: 9 })
    assert.deepEqual(
      rest?.items.map(({ version }) => version),
      [3, 2, 1],
    )
    assert.equal(rest?.next, null)
    assert.equal(await store.segments.versions('four', { cursor: 'x', limit: 2 }), null)
  })

  it('are listed by campaign, the newest of each, as far as the tenant is granted them', async () => {
    await store.sql.executeSql(`insert into tenant (id) values ('shop'), ('none'), ('whole')`)
    await store.sql.executeSql(`insert into tenant_grant (tenant_id, kind, object_id)
      values ('shop', 'campaign', 'zz:1'), ('shop', 'campaign', 'zz~2'), ('whole', 'campaign', '*'),
        ('none', 'contact_list', '*')`)
    for (const campaignId of ['zz:1', 'zz:1', 'zz~2', 'zz~3']) await put(campaignId)
    const listed = async (tenantId: string, cursor: string | null = null) => {
      const page = await store.segments.granted(tenantId, { cursor, limit: 1 })
      const [segment] = page?.items ?? []
      return { of: `${segment?.campaignId} ${segment?.version}`, next: page?.next ?? null }
    }
    const first = await listed('shop')
    assert.equal(first.of, 'zz:1 2')
    assert.deepEqual(await listed('shop', first.next), { of: 'zz~2 1', next: null })
    assert.deepEqual((await store.segments.granted('none', { cursor: null, limit: 5 }))?.items, [])
    const all = await store.segments.granted('whole', { cursor: null, limit: 100 })
    assert.equal(all?.items.at(-1)?.campaignId, 'zz~3')
    assert.equal(await store.segments.granted('shop', { cursor: '!', limit: 1 }), null)
  })

  it('are worked by one holder, who writes nothing once another has the campaign or a newer version came', async () => {
    await put('five')
    const { claim, segment } = await claimOf('five')
    assert.equal(await store.segments.renew(claim), true)
    const sent = await store.segments.step(claim, 1, {
      ...{ state: 'applied', inForce: true, indexStatus: 'ready', problem: null },
      audit: [audit('segment.applied', 'five')],
    })
    assert.ok(sent.revision > segment.revision && sent.appliedAt !== null)
    assert.equal((await store.segments.inForce('five'))?.version, 1)
    await put('five')
    await assert.rejects(store.segments.step(claim, 1, { state: 'failed' }), SegmentReplaced)
    await store.segments.freeAll()
    await assert.rejects(store.segments.step(claim, 2, { state: 'failed' }), FenceLost)
    assert.equal(await store.segments.renew(claim), false)
    const next = await claimOf('five')
    assert.ok(BigInt(next.claim.fence) > BigInt(claim.fence))
    await store.segments.release(claim, null)
    assert.equal(await store.segments.renew(next.claim), true, 'an old holder released it')
    // A version that was put while the campaign was held is worked on immediately, whatever the
    // holder requests.
    await put('five')
    await store.segments.release(next.claim, null)
    assert.equal((await claimOf('five')).segment.version, 3)
    assert.equal((await store.segments.inForce('five'))?.version, 1)
  })

  it('tell endpoints and the audit trail how they ended if a newer version replaces them', async () => {
    const events = ['segment.applied', 'segment.failed'] as const
    const cdp = { name: 'cdp', url: 'https://cdp.example', secret: 'whsec_abc', events }
    await store.sync.ensureEnvEndpoints([cdp])
    await put('nine')
    const { claim } = await claimOf('nine')
    const progress = { ...FIRST_PROGRESS, step: 'sent' } as const
    await store.segments.step(claim, 1, { inForce: true, waitingFor: 'index', progress })
    await put('nine')
    await put('nine')
    const { rows: told } = await store.sql.executeSql(`select event_type,
        body::json -> 'data' ->> 'version' as version, body::json -> 'data' ->> 'state' as state,
        body::json -> 'data' -> 'problem' ->> 'code' as problem
      from sync_delivery where object = 'nine' order by 2`)
    assert.deepEqual(told, [
      { event_type: 'segment.applied', version: '1', state: 'applied', problem: null },
      {
        event_type: 'segment.failed',
        version: '2',
        state: 'failed',
        problem: 'segment-superseded',
      },
    ])
    const { rows: kept } = await store.sql.executeSql(`select action from audit_entry
      where object = 'nine' and action in ('segment.applied', 'segment.failed') order by at`)
    assert.deepEqual(kept, [{ action: 'segment.applied' }, { action: 'segment.failed' }])
  })

  it('that are held for a word go on with it, others do not', async () => {
    await put('six')
    const { claim } = await claimOf('six')
    const hold = async (reason: 'campaign_busy' | 'campaign_refused') => {
      await store.segments.step(claim, 1, { state: 'held', hold: { reason } })
    }
    await hold('campaign_busy')
    const since = (await store.segments.latest('six'))?.hold?.since
    assert.equal(await store.segments.resume('six', audit('segment.resumed', 'six')), null)
    await hold('campaign_busy')
    assert.equal((await store.segments.latest('six'))?.hold?.since, since, 'a hold began anew')
    await hold('campaign_refused')
    await store.segments.release(claim, null)
    const resumed = await store.segments.resume('six', audit('segment.resumed', 'six'))
    assert.deepEqual([resumed?.state, resumed?.hold], ['applying', null])
    assert.deepEqual(resumed?.definition, DEFINITION)
    assert.equal((await claimOf('six')).segment.version, 1)
  })

  it('keep the filters of the version in force and of two before it', async () => {
    const { claim } = await (await put('seven'), claimOf('seven'))
    for (let version = 1; version <= 5; version += 1) {
      if (version > 1) await put('seven')
      const progress = { ...FIRST_PROGRESS, filterName: `v${version}` }
      const failed = version === 3
      await store.segments.step(claim, version, {
        ...{ state: failed ? 'failed' : 'applied', progress },
        ...(failed ? {} : { inForce: true }),
      })
    }
    const old = async () =>
      (await store.segments.withOldFilters(claim)).map(({ version }) => version)
    assert.deepEqual(await old(), [1, 3])
    await store.segments.forgetFilter(claim, 1)
    assert.deepEqual(await old(), [3])
  })

  it('lie sealed, each for its own version alone', async () => {
    await put('eight')
    const text = async (): Promise<string> => {
      const { rows } = await store.sql.executeSql(
        `select string_agg(v::text, ' ') as text from segment_version v`,
      )
      return (rows[0] as { text: string }).text
    }
    const said = await text()
    assert.ok(said.includes('eight') && !said.includes(NAME))
    assert.ok(!said.includes(Buffer.from(NAME).toString('hex')))
    await put('eight')
    await store.sql
      .executeSql(`update segment_version set sealed = (select sealed from segment_version
      where campaign_id = 'eight' and version = 2) where campaign_id = 'eight' and version = 1`)
    await assert.rejects(store.segments.version('eight', 1))
    assert.deepEqual((await store.segments.version('eight', 2))?.definition, DEFINITION)
  })
})

eachHome('Segments that an earlier release stored in the clear', (home) => {
  it('are sealed by the next start, with everything that was known', async () => {
    const place = await home.fresh()
    const first = await openTestStore(place)
    await first.sql.executeSql(`insert into segment_campaign (campaign_id, latest_version, ready_at)
      values ('old', 1, 'infinity')`)
    const content = { sent: { conditions: RULE }, definition: DEFINITION, house: [], compiled: {} }
    await first.sql.executeSql(`insert into segment_version (campaign_id, version, tenant_id, state,
        content, analysis, progress, actor, request_id, revision)
      values ('old', 1, 'default', 'applied', '${JSON.stringify(content)}', '${JSON.stringify(ANALYSIS)}',
        '${JSON.stringify(FIRST_PROGRESS)}', 'key_1', 'req_1', 1)`)
    assert.deepEqual((await first.segments.latest('old'))?.definition, DEFINITION)
    await first.close()
    const second = await openTestStore(place)
    const { rows } = await second.sql.executeSql(
      'select content, analysis, sealed is not null as sealed from segment_version',
    )
    assert.deepEqual(rows, [{ content: null, analysis: null, sealed: true }])
    const found = await second.segments.latest('old')
    assert.deepEqual([found?.definition, found?.analysis], [DEFINITION, ANALYSIS])
    await second.close()
  })
})
