import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ContactList } from '../../../src/domain/contact-lists/contact-list.ts'
import { failure, setUpProvisioning, problemOf } from '../../support/memory/memory-provisioning.ts'

describe('a creation whose answer is lost', () => {
  for (const kind of ['unavailable', 'malformed_answer'] as const) {
    it(`is found by its name (${kind}), however late it is listed`, async () => {
      const { call, genesys, clock, events } = setUpProvisioning()
      const listed = genesys.lists
      genesys.onCreate = (make) => {
        make()
        genesys.lists = []
        throw failure(kind)
      }
      genesys.onFind = () => {
        if (clock.elapsedMs() > 5_000) genesys.lists = listed
      }
      const answer = await call()
      assert.deepEqual([answer.status, answer.location], [201, '/v1/contact-lists/list-1'])
      assert.equal(listed.length, 1)
      assert.match(JSON.stringify(events), /"outcome":"found"/)
    })
  }

  it('that was not executed is 503, and the same key makes the list later, once', async () => {
    const { call, genesys, intents, clock } = setUpProvisioning()
    genesys.onCreate = () => {
      throw failure('unavailable')
    }
    const problem = await problemOf(call())
    assert.equal(problem.code, 'genesys-unavailable')
    assert.match(
      problem.message,
      /^Genesys did not answer, .* same Idempotency-Key\. The gateway then searches for the list/,
    )
    assert.ok((problem.retryAfterSeconds ?? 0) > 0)
    assert.equal(intents.size, 1)
    assert.ok(clock.elapsedMs() >= 30_000)
    genesys.onCreate = (make) => make()
    assert.equal((await call()).status, 201)
    assert.equal(genesys.lists.length, 1)
  })

  it('is found after a crash by the same key, and made a second time by nobody', async () => {
    const { call, genesys, crash, made, intents } = setUpProvisioning()
    genesys.onCreate = (make) => {
      make()
      throw new Error('the process dies')
    }
    await assert.rejects(call(), /dies/)
    crash()
    assert.equal(intents.size, 1)
    const answer = await call()
    assert.equal(answer.location, '/v1/contact-lists/list-1')
    assert.equal(genesys.lists.length, 1)
    assert.deepEqual([...made], [['list-1', 'default']])
  })

  it('is found by the same key when the gateway stopped while it waited for the list', async () => {
    const stop = new AbortController()
    const { call, genesys, claimed, intents, deps } = setUpProvisioning({ signal: stop.signal })
    genesys.onRead = (list) => {
      stop.abort()
      return { ...list, status: 'processing' }
    }
    const problem = await problemOf(call())
    assert.deepEqual([problem.code, problem.retryAfterSeconds], ['service-stopping', 5])
    assert.deepEqual([claimed.size, intents.size], [0, 1])
    genesys.onRead = (list) => list
    delete deps.signal
    assert.equal((await call()).location, '/v1/contact-lists/list-1')
    assert.equal(genesys.lists.length, 1)
  })

  it('takes a name that is taken, on the second try, for its own first one', async () => {
    const { call, genesys } = setUpProvisioning()
    const hidden: ContactList[] = []
    genesys.onCreate = (make) => {
      hidden.push(make())
      genesys.lists = []
      throw failure('unavailable')
    }
    assert.equal((await problemOf(call())).code, 'genesys-unavailable')
    genesys.onCreate = () => {
      genesys.lists = hidden
      throw failure('refused', 'duplicate.name')
    }
    assert.equal((await call()).location, '/v1/contact-lists/list-1')
    const fresh = await problemOf(setUpDuplicate())
    assert.equal(fresh.code, 'contact-list-exists')
  })

  it('cannot be told from others: several of the name, or one with other columns', async () => {
    const several = setUpProvisioning()
    several.genesys.onCreate = (make) => {
      make()
      make()
      throw failure('unavailable')
    }
    const problem = await problemOf(several.call())
    assert.deepEqual([problem.code, problem.about], ['contact-list-ambiguous', { candidates: 2 }])
    const other = setUpProvisioning()
    other.genesys.onCreate = (make) => {
      make().columns.pop()
      throw failure('unavailable')
    }
    assert.deepEqual((await problemOf(other.call())).about, { candidates: 1 })
  })

  it('is never taken to be the list that was made for another call', async () => {
    const { call, genesys, made } = setUpProvisioning()
    genesys.onCreate = (make) => {
      made.set(make().id, 'other')
      throw failure('unavailable')
    }
    assert.equal((await problemOf(call())).code, 'genesys-unavailable')
    assert.deepEqual([...made.values()], ['other'])
  })
})

const setUpDuplicate = () => {
  const { call, genesys } = setUpProvisioning()
  genesys.onCreate = () => {
    throw failure('refused', 'duplicate.name')
  }
  return call()
}
