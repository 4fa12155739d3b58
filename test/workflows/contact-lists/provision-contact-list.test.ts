import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import {
  COLUMNS,
  PLAN,
  failure,
  setUpProvisioning,
  problemOf,
} from '../../support/memory/memory-provisioning.ts'

describe('making a contact list', () => {
  it('answers 201 when the list takes contacts, with the intent before and the outcome after in the audit', async () => {
    const { genesys, call, clock, audits, events, intents } = setUpProvisioning()
    let looks = 0
    genesys.onRead = (list) => {
      looks += 1
      if (looks === 1) throw failure('not_found')
      return { ...list, status: looks < 4 ? 'processing' : 'ready' }
    }
    const answer = await call()
    assert.deepEqual(
      [answer.status, answer.location, answer.replayed, JSON.parse(answer.body)],
      [201, '/v1/contact-lists/list-1', false, { id: 'list-1', status: 'ready', plan: 'Autumn' }],
    )
    assert.ok(clock.elapsedMs() >= 500, 'not looked at before half a second')
    assert.deepEqual(
      audits.map(({ outcome }) => outcome),
      ['intended', 'ok'],
    )
    assert.equal(audits[1]?.object, 'list-1')
    assert.equal(intents.size, 0)
    assert.deepEqual(
      events.map(({ name }) => name),
      ['list.provisioned'],
    )
  })

  it('waits for columns that are not shown yet, and answers with the state after 30 s', async () => {
    const lagging = setUpProvisioning()
    let looks = 0
    lagging.genesys.onRead = (list) => {
      looks += 1
      return looks < 3 ? { ...list, columns: list.columns.slice(0, 1) } : list
    }
    await lagging.call()
    assert.equal(looks, 3)
    const never = setUpProvisioning()
    never.genesys.onRead = (list) => ({ ...list, status: 'processing' })
    assert.equal(JSON.parse((await never.call()).body).status, 'processing')
    assert.ok(never.clock.elapsedMs() > 20_000 && never.clock.elapsedMs() <= 31_000)
    const broken = setUpProvisioning()
    broken.genesys.onRead = (list) => ({ ...list, status: 'error' })
    assert.equal(JSON.parse((await broken.call()).body).status, 'error')
    const hidden = setUpProvisioning()
    hidden.genesys.onRead = () => {
      throw failure('forbidden')
    }
    assert.equal((await hidden.call()).status, 201, 'made is made, even if it cannot be seen')
  })

  it('gives the stored answer again for its key, and refuses the key for another list', async () => {
    const { call, genesys } = setUpProvisioning()
    const first = await call()
    assert.deepEqual(await call(), { ...first, replayed: true })
    assert.equal(genesys.lists.length, 1)
    const reused = await problemOf(call('k1', { ...PLAN, name: 'Winter' }))
    assert.equal(reused.code, 'idempotency-key-reused')
  })

  it('refuses a name that Genesys has, and names the list only to whom it is granted', async () => {
    const { call, genesys, made, audits } = setUpProvisioning()
    await call()
    const mine = await problemOf(call('k2'))
    assert.deepEqual([mine.code, mine.about], ['contact-list-exists', { contactListId: 'list-1' }])
    made.clear()
    const others = await problemOf(call('k3'))
    assert.deepEqual([others.code, others.about], ['contact-list-exists', {}])
    assert.equal(genesys.lists.length, 1)
    assert.equal(audits.length, 2, 'nothing was intended')
  })

  it('lets two calls with one key make one list', async () => {
    const { call, genesys } = setUpProvisioning()
    const calls = await Promise.allSettled([call(), call()])
    assert.deepEqual(calls.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.equal(genesys.lists.length, 1)
  })
})

describe('a creation that Genesys refuses', () => {
  it('leaves nothing: no intent, no claim, a failed entry in the audit', async () => {
    for (const [kind, code] of [
      ['forbidden', 'genesys-refused'],
      ['refused', 'genesys-refused'],
      ['throttled', 'genesys-unavailable'],
      ['conflict', 'genesys-unavailable'],
    ] as const) {
      const { call, genesys, intents, claimed, audits } = setUpProvisioning()
      genesys.onCreate = () => {
        throw failure(kind)
      }
      assert.equal((await problemOf(call())).code, code, kind)
      assert.deepEqual([intents.size, claimed.size], [0, 0])
      assert.deepEqual(
        audits.map(({ outcome }) => outcome),
        ['intended', 'failed'],
      )
      genesys.onCreate = (make) => make()
      assert.equal((await call()).status, 201, kind)
    }
  })
})

describe('a setting that the dialect does not know', () => {
  it('is refused by its place before anything is intended', async () => {
    const timed = { ...COLUMNS[1]!, callableTimeColumn: 'customerId', whatsApp: false }
    const forPlatform = {
      ...PLAN,
      columns: [COLUMNS[0]!, timed],
      divisionId: 'd',
      retentionDays: 9,
    }
    const forGuide = { ...PLAN, description: 'Why', schemaName: 'S', schemaVersion: '3' }
    for (const [dialect, plan, fields] of [
      [
        'guide',
        forPlatform,
        ['divisionId', 'retentionDays', 'columns.1.whatsApp', 'columns.1.callableTimeColumn'],
      ],
      ['platform', forGuide, ['description', 'schemaName', 'schemaVersion']],
    ] as const) {
      const { call, genesys, audits, claimed } = setUpProvisioning({ dialect })
      const problem = await problemOf(call('k', plan))
      assert.deepEqual([problem.code, problem.about], ['capability-not-available', { fields }])
      assert.deepEqual([genesys.lists.length, audits.length, claimed.size], [0, 0, 0])
      const other = setUpProvisioning({ dialect: dialect === 'guide' ? 'platform' : 'guide' })
      assert.equal((await other.call('k', plan)).status, 201)
    }
  })
})

describe('a creation that Genesys denies', () => {
  it('names the right that is probably missing', async () => {
    const { call, genesys } = setUpProvisioning()
    genesys.onCreate = () => {
      throw new GenesysFailure('forbidden', 'create-contact-list', { right: 'outbound:list:write' })
    }
    const problem = await problemOf(call())
    assert.match(problem.message, /The gateway lacks a right, probably outbound:list:write\.$/)
    assert.deepEqual(problem.about, { failure: 'forbidden', right: 'outbound:list:write' })
  })
})
