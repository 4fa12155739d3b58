import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type { ContactList, ListColumn } from '../../../src/domain/contact-lists/contact-list.ts'
import type { NewContactListPlan } from '../../../src/domain/contact-lists/new-contact-list.ts'
import {
  GenesysFailure,
  type GenesysFailureKind,
} from '../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import {
  createProvisionContactList,
  type ProvisionDeps,
} from '../../../src/workflows/contact-lists/provision-contact-list.ts'
import type { IdempotencyStore } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const COLUMNS: ListColumn[] = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'mobile', kind: 'phone', required: false },
]
const PLAN = { name: 'Autumn', columns: COLUMNS, contactIdColumn: 'customerId' }
const BEAT_MS = 15_000

const failure = (kind: GenesysFailureKind, upstreamCode: string | null = null) =>
  new GenesysFailure(kind, 'create-contact-list', { upstreamCode })

/** Time leaps, but the beats of the claim never come: they would leap on for ever. */
const createClock = (): Clock & { elapsedMs(): number } => {
  const leaping = createLeapingClock()
  return {
    ...leaping,
    sleep: (ms, signal) =>
      ms === BEAT_MS
        ? new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('stopped')))
          })
        : leaping.sleep(ms, signal),
  }
}

type Genesys = {
  lists: ContactList[]
  /** What the creation does beside making the list. */
  onCreate: (make: () => ContactList) => ContactList
  onFind: () => void
  onRead: (list: ContactList) => ContactList
}

const setUp = (
  more: { allGranted?: boolean; signal?: AbortSignal; dialect?: 'guide' | 'platform' } = {},
) => {
  const clock = createClock()
  const audits: Pick<AuditEntry, 'object' | 'outcome'>[] = []
  const events: { name: string; fields: object }[] = []
  const intents = new Map<string, { fingerprint: string; atMs: number }>()
  const made = new Map<string, string>()
  const answers = new Map<
    string,
    { fingerprint: string; status: number; body: string; location: string }
  >()
  const claimed = new Set<string>()
  const genesys: Genesys = {
    lists: [],
    onCreate: (make) => make(),
    onFind: () => undefined,
    onRead: (list) => list,
  }
  const note = ({ object, outcome }: AuditEntry): void => void audits.push({ object, outcome })
  const idempotency: IdempotencyStore = {
    claim: async ({ key }) => {
      const done = answers.get(key)
      if (done) return { kind: 'done', ...done }
      if (claimed.has(key)) return { kind: 'in_progress' }
      claimed.add(key)
      return { kind: 'claimed' }
    },
    keepAlive: async () => undefined,
    release: async ({ key }) => void claimed.delete(key),
  }
  const deps: ProvisionDeps = {
    provisioning: {
      createContactList: async ({ name, columns }) =>
        genesys.onCreate(() => {
          const id = `list-${genesys.lists.length + 1}`
          const list: ContactList = {
            id,
            name,
            status: 'ready',
            schemaVersion: '1',
            columns: [...columns],
            size: 0,
          }
          genesys.lists.push(list)
          return list
        }),
      findByName: async (name) => {
        genesys.onFind()
        return genesys.lists.filter((list) => list.name === name)
      },
    },
    contactLists: {
      dialect: more.dialect ?? 'guide',
      readContactList: async (id) => {
        const list = genesys.lists.find((one) => one.id === id)
        if (!list) throw failure('not_found')
        return genesys.onRead(list)
      },
    },
    made: {
      intentOf: async ({ key }) => {
        const intent = intents.get(key)
        if (!intent) return null
        return { fingerprint: intent.fingerprint, ageMs: clock.monotonicMs() - intent.atMs }
      },
      intend: async ({ key }, fingerprint, audit) => {
        intents.set(key, { fingerprint, atMs: clock.monotonicMs() })
        note(audit)
      },
      forget: async ({ key }, audit) => {
        intents.delete(key)
        note(audit)
      },
      taken: async (_tenant, ids) => ids.filter((id) => made.has(id)),
      finish: async ({ scope: { key, tenantId }, fingerprint, listId, answer, audit }) => {
        if (!claimed.has(key)) return false
        answers.set(key, { fingerprint, ...answer })
        made.set(listId, tenantId)
        intents.delete(key)
        note(audit)
        return true
      },
    },
    idempotency,
    access: { isGranted: async (_tenant, _kind, id) => more.allGranted ?? made.has(id) },
    lists: { get: async () => null, put: async () => undefined },
    renderList: (list, plan) => ({ id: list.id, status: list.status, plan: plan.name }),
    clock,
    ids: createIds({ clock }),
    emit: (name, fields) => void events.push({ name, fields }),
    owner: 'me',
    ...(more.signal ? { signal: more.signal } : {}),
  }
  const provision = createProvisionContactList(deps)
  const call = (key = 'k1', plan: NewContactListPlan = PLAN, tenantId = 'default') =>
    provision({
      caller: { tenantId, keyId: 'key_1', scopes: ['lists'], requestId: 'req_1' },
      plan,
      idempotencyKey: key,
      method: 'POST',
      path: '/v1/contact-lists',
    })
  /** The process dies: claims are free again, nothing else changes. */
  const crash = () => claimed.clear()
  return { genesys, call, crash, clock, audits, events, intents, made, claimed, deps }
}

const problemOf = async (work: Promise<unknown>): Promise<GatewayProblem> => {
  try {
    await work
  } catch (error) {
    if (error instanceof GatewayProblem) return error
    throw error
  }
  throw new Error('There was no problem')
}

describe('making a contact list', () => {
  it('answers 201 when the list takes contacts, with the intent before and the outcome after in the audit', async () => {
    const { genesys, call, clock, audits, events, intents } = setUp()
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
    const lagging = setUp()
    let looks = 0
    lagging.genesys.onRead = (list) => {
      looks += 1
      return looks < 3 ? { ...list, columns: list.columns.slice(0, 1) } : list
    }
    await lagging.call()
    assert.equal(looks, 3)
    const never = setUp()
    never.genesys.onRead = (list) => ({ ...list, status: 'processing' })
    assert.equal(JSON.parse((await never.call()).body).status, 'processing')
    assert.ok(never.clock.elapsedMs() > 20_000 && never.clock.elapsedMs() <= 31_000)
    const broken = setUp()
    broken.genesys.onRead = (list) => ({ ...list, status: 'error' })
    assert.equal(JSON.parse((await broken.call()).body).status, 'error')
    const hidden = setUp()
    hidden.genesys.onRead = () => {
      throw failure('forbidden')
    }
    assert.equal((await hidden.call()).status, 201, 'made is made, even if it cannot be seen')
  })

  it('gives the stored answer again for its key, and refuses the key for another list', async () => {
    const { call, genesys } = setUp()
    const first = await call()
    assert.deepEqual(await call(), { ...first, replayed: true })
    assert.equal(genesys.lists.length, 1)
    const reused = await problemOf(call('k1', { ...PLAN, name: 'Winter' }))
    assert.equal(reused.code, 'idempotency-key-reused')
  })

  it('refuses a name that Genesys has, and names the list only to whom it is granted', async () => {
    const { call, genesys, made, audits } = setUp()
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
    const { call, genesys } = setUp()
    const calls = await Promise.allSettled([call(), call()])
    assert.deepEqual(calls.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.equal(genesys.lists.length, 1)
  })
})

describe('a creation whose answer is lost', () => {
  for (const kind of ['unavailable', 'malformed_answer'] as const) {
    it(`is found by its name (${kind}), however late it is listed`, async () => {
      const { call, genesys, clock, events } = setUp()
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
    const { call, genesys, intents, clock } = setUp()
    genesys.onCreate = () => {
      throw failure('unavailable')
    }
    const problem = await problemOf(call())
    assert.equal(problem.code, 'genesys-unavailable')
    assert.match(problem.message, /^Genesys did not answer, .* same key: it looks for the list/)
    assert.ok((problem.retryAfterSeconds ?? 0) > 0)
    assert.equal(intents.size, 1)
    assert.ok(clock.elapsedMs() >= 30_000)
    genesys.onCreate = (make) => make()
    assert.equal((await call()).status, 201)
    assert.equal(genesys.lists.length, 1)
  })

  it('is found after a crash by the same key, and made a second time by nobody', async () => {
    const { call, genesys, crash, made, intents } = setUp()
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
    const { call, genesys, claimed, intents, deps } = setUp({ signal: stop.signal })
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
    const { call, genesys } = setUp()
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
    const several = setUp()
    several.genesys.onCreate = (make) => {
      make()
      make()
      throw failure('unavailable')
    }
    const problem = await problemOf(several.call())
    assert.deepEqual([problem.code, problem.about], ['contact-list-ambiguous', { candidates: 2 }])
    const other = setUp()
    other.genesys.onCreate = (make) => {
      make().columns.pop()
      throw failure('unavailable')
    }
    assert.deepEqual((await problemOf(other.call())).about, { candidates: 1 })
  })

  it('is never taken to be the list that was made for another call', async () => {
    const { call, genesys, made } = setUp()
    genesys.onCreate = (make) => {
      made.set(make().id, 'other')
      throw failure('unavailable')
    }
    assert.equal((await problemOf(call())).code, 'genesys-unavailable')
    assert.deepEqual([...made.values()], ['other'])
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
      const { call, genesys, intents, claimed, audits } = setUp()
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
      const { call, genesys, audits, claimed } = setUp({ dialect })
      const problem = await problemOf(call('k', plan))
      assert.deepEqual([problem.code, problem.about], ['capability-not-available', { fields }])
      assert.deepEqual([genesys.lists.length, audits.length, claimed.size], [0, 0, 0])
      const other = setUp({ dialect: dialect === 'guide' ? 'platform' : 'guide' })
      assert.equal((await other.call('k', plan)).status, 201)
    }
  })
})

describe('a creation that Genesys denies', () => {
  it('names the right that is probably missing', async () => {
    const { call, genesys } = setUp()
    genesys.onCreate = () => {
      throw new GenesysFailure('forbidden', 'create-contact-list', { right: 'outbound:list:write' })
    }
    const problem = await problemOf(call())
    assert.match(problem.message, /denies us a right, probably outbound:list:write\.$/)
    assert.deepEqual(problem.about, { failure: 'forbidden', right: 'outbound:list:write' })
  })
})

const setUpDuplicate = () => {
  const { call, genesys } = setUp()
  genesys.onCreate = () => {
    throw failure('refused', 'duplicate.name')
  }
  return call()
}
