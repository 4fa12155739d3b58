import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ContactList, ListColumn } from '../../../src/domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { ZERO_COUNTS } from '../../../src/domain/uploads/upload.ts'
import type { IntakeResult } from '../../../src/intake/contract.ts'
import { createIds } from '../../../src/lib/ids.ts'
import {
  createExtendList,
  type ExtendListDeps,
} from '../../../src/workflows/contact-lists/extend-list.ts'
import type { UploadRequest } from '../../../src/workflows/contract.ts'
import { createMemoryLists } from '../../support/memory/memory-lists.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const TIER: ListColumn = { name: 'tier', kind: 'text', required: false }
const LIST: ContactList = {
  id: 'list-1',
  name: 'one',
  status: 'ready',
  schemaVersion: '1',
  columns: [{ name: 'phone', kind: 'phone', required: false }],
  size: null,
}
const WIDE: ContactList = { ...LIST, schemaVersion: '2', columns: [...LIST.columns, TIER] }

const RESULT = {
  addedColumns: [TIER],
  counts: { ...ZERO_COUNTS, read: 1, accepted: 1 },
  targetColumns: ['phone', 'tier'],
  columns: [
    { name: 'phone', kind: 'phone', mappedTo: 'phone' },
    { name: 'tier', kind: 'text', mappedTo: 'tier' },
  ],
} as unknown as IntakeResult

const requestOf = (options: Record<string, unknown> = {}, scopes = ['uploads', 'lists']) =>
  ({
    caller: { tenantId: 'default', keyId: 'key_1', requestId: 'req', scopes },
    contactListId: 'list-1',
    options: uploadOptionsSchema.parse({ schemaDrift: 'extend', ...options }),
  }) as unknown as UploadRequest

const setUp = (more: Partial<ExtendListDeps> = {}) => {
  const clock = createManualClock()
  const outcomes: string[] = []
  const events: string[] = []
  const calls: string[] = []
  const lists = createMemoryLists()
  const extendList = createExtendList({
    provisioning: {
      addColumns: async (_id, columns) => {
        calls.push(`add ${columns.map(({ name }) => name).join()}`)
        return { ...LIST, status: 'processing' }
      },
    },
    contactLists: {
      readContactList: async () => {
        calls.push('read')
        return calls.length < 4 ? { ...LIST, status: 'processing' } : WIDE
      },
    },
    lists,
    audit: { append: async (entries) => void outcomes.push(...entries.map((one) => one.outcome)) },
    clock,
    ids: createIds({ clock }),
    emit: (name) => void events.push(name),
    signal: new AbortController().signal,
    ...more,
  })
  const extend = async (result = RESULT): Promise<ContactList> => {
    const done = extendList.extend(requestOf(), LIST, result)
    done.catch(() => undefined)
    await clock.advance(60_000)
    return done
  }
  return { extendList, extend, calls, outcomes, events, lists }
}

const problem = (code: string) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

describe('adding a file’s columns to its list', () => {
  it('adds once, waits until the list is ready with them, and says so in audit, event and cache', async () => {
    const t = setUp()
    assert.deepEqual(await t.extend(), WIDE)
    assert.deepEqual(t.calls, ['add tier', 'read', 'read', 'read'])
    assert.deepEqual([t.outcomes, t.events], [['intended', 'ok'], ['list.extended']])
    assert.equal((await t.lists.get('list-1'))?.list.schemaVersion, '2')
  })

  it('asks again after an answer that was lost, and adds nothing where nothing is to send', async () => {
    let tries = 0
    const addColumns = async (): Promise<ContactList> => {
      tries += 1
      if (tries === 1) throw new GenesysFailure('unavailable', 'extend-contact-list')
      return WIDE
    }
    const t = setUp({ provisioning: { addColumns } })
    assert.equal((await t.extend()).schemaVersion, '2')
    assert.equal(tries, 2)
    const counts = { ...RESULT.counts, accepted: 0, rejected: 1 }
    assert.equal(await t.extend({ ...RESULT, counts }), LIST)
    assert.equal(await t.extend({ ...RESULT, addedColumns: [] }), LIST)
    assert.equal(tries, 2)
  })

  it('gives up after 30 s, at once when Genesys refuses, and when the list became another', async () => {
    const slow = setUp({ contactLists: { readContactList: async () => LIST } })
    await assert.rejects(slow.extend(), problem('genesys-unavailable'))
    assert.deepEqual(slow.outcomes, ['intended', 'failed'])
    const failing = (error: unknown) => ({
      addColumns: async (): Promise<ContactList> => {
        throw error
      },
    })
    const refusal = new GenesysFailure('forbidden', 'extend-contact-list')
    const refused = setUp({ provisioning: failing(refusal) })
    await assert.rejects(refused.extend(), problem('genesys-refused'))
    const other = { ...WIDE, columns: [TIER] }
    const changed = setUp({ provisioning: { addColumns: async () => other } })
    await assert.rejects(changed.extend(), problem('schema-drift'))
  })

  it('needs the scope lists, a dialect that can, and no plan to be applied', () => {
    const t = setUp()
    t.extendList.check(requestOf())
    t.extendList.check(requestOf({ schemaDrift: 'drop', apply: 'manual' }, ['uploads']))
    assert.throws(() => t.extendList.check(requestOf({}, ['uploads'])), problem('scope-missing'))
    assert.throws(
      () => t.extendList.check(requestOf({ apply: 'manual' })),
      problem('option-invalid'),
    )
    const platform = setUp({ provisioning: { addColumns: null } })
    assert.throws(() => platform.extendList.check(requestOf()), problem('capability-not-available'))
  })
})
