import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import type { ErasureWork } from '../../../src/workflows/ports/erasures/erasures.ts'
import { openOtherSession } from '../../support/databases/blocked.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const ROWS = ['a', 'b'].map((id) => ({ id, note: 'n' }))

/**
 * A retry copies the stored rows of an upload. While it does so, an erasure leaves it out, because
 * it is not accepted yet. If the erasure erased the upload meanwhile, the copy kept the person, was
 * accepted afterwards, and brought the erased person to Genesys.
 */
eachHome('A retry beside an erasure', (home) => {
  let store: Store
  let url: string | null = null
  let lists = 0
  before(async () => {
    const place = await home.fresh()
    if (place.kind === 'server') url = place.url
    store = await openTestStore(place)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const listOf = (): string => `erased-${(lists += 1)}`
  /** A cancelled upload, whose rows can be sent by a retry. */
  const cancelled = async (g: ReturnType<typeof createWorkingGateway>): Promise<string> => {
    const { id } = await g.upload(ROWS)
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    return id
  }
  const askFor = async (listId: string): Promise<ErasureWork> => {
    const id = ids.newId('era')
    const scope = { tenantId: 'default', method: 'POST', path: '/v1/erasures', key: id }
    await store.idempotency.claim({ ...scope, owner: 'me', deadAfterMs: 60_000 })
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key', scope: { ...scope, owner: 'me' } },
      subject: { kind: 'contact', contactListId: listId, value: 'a' },
      answerOf: () => ({ fingerprint: 'f', status: 202, body: '{}', location: null }),
      audit: audit('erasure.accepted', id),
    })
    const work = await store.erasures.claim('me')
    assert.ok(work?.erasure.id === id)
    return work
  }
  const lease = { signal: new AbortController().signal, assertHeld: () => undefined }
  const erase = createEraseSubject({
    contactLists: { readJob: () => assert.fail('no job is open') },
    ...{ contacts: null, ids, emit: () => undefined, random: () => 0, clock: systemClock },
    get erasures() {
      return store.erasures
    },
  })
  const sentAfter = async (g: ReturnType<typeof createWorkingGateway>): Promise<string[]> => {
    await g.work()
    return [...g.genesys.contacts.keys()].toSorted()
  }

  it('does not bring back a person who was erased while it copied the rows', async () => {
    const listId = listOf()
    let erased = 0
    const uploads: Store['uploads'] = {
      ...store.uploads,
      stage: async (input) => {
        if (input.parentId !== null && erased++ === 0) {
          assert.equal(await erase(await askFor(listId), lease), null)
        }
        return store.uploads.stage(input)
      },
    }
    const g = createWorkingGateway({ ...store, uploads }, listId)
    const id = await cancelled(g)
    const first = await g.retry(id).then(
      () => 'accepted',
      (error: unknown) => (error instanceof GatewayProblem ? error.code : error),
    )
    assert.equal(first, 'database-unavailable')
    await g.retry(id)
    assert.deepEqual(await sentAfter(g), ['b'])
  })

  it('is searched too if it was accepted between the search for uploads and the erasure of its rows', async (t) => {
    if (url === null) return t.skip('the embedded home has only one connection')
    const other = await openOtherSession(url)
    t.after(() => other.close())
    const listId = listOf()
    const g = createWorkingGateway(store, listId)
    const id = await cancelled(g)
    const work = await askFor(listId)
    await store.erasures.eraseLot(work, 'found', null)
    await other.query('begin')
    await other.query('select from erasure for update')
    const lot = store.erasures.eraseLot(work, 'rows', null)
    await other.untilBlocked('erasure')
    await g.retry(id)
    await other.query('commit')
    for (let next = await lot; next !== null;) {
      next = await store.erasures.eraseLot(work, 'rows', next)
    }
    assert.deepEqual(await sentAfter(g), ['b'])
  })
})
