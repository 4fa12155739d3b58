import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ContactList } from '../../../src/domain/contact-lists/contact-list.ts'
import {
  GenesysFailure,
  type GenesysFailureKind,
} from '../../../src/domain/genesys/genesys-failure.ts'
import {
  collectNamedLists,
  createUnknownLists,
} from '../../../src/workflows/do-not-call/unknown-lists.ts'

const LIST = {} as ContactList

const lookUp = (answer: (listId: string, signal: AbortSignal) => Promise<ContactList>) => {
  const asked: string[] = []
  const stopping = new AbortController()
  const readContactList = (listId: string, { signal }: { signal: AbortSignal }) => {
    asked.push(listId)
    return answer(listId, signal)
  }
  const get = async (listId: string) =>
    listId === 'seen' ? { list: LIST, ageMs: 1e9, provenMs: 1e9 } : null
  const unknownLists = createUnknownLists({ readContactList }, { get }, stopping.signal)
  return { asked, stopping, unknownLists }
}

const failing = (kind: GenesysFailureKind) => async () => {
  throw new GenesysFailure(kind, 'readContactList')
}

test('a list is unknown only where Genesys says that it has none, and one seen before is not asked for', async () => {
  const { asked, unknownLists } = lookUp(async (listId) => {
    if (listId === 'there') return LIST
    throw new GenesysFailure('not_found', 'readContactList')
  })
  assert.deepEqual(await unknownLists('t1', ['seen', 'there', 'nowhere']), ['nowhere'])
  assert.deepEqual(asked, ['there', 'nowhere'])
})

for (const kind of ['unavailable', 'throttled', 'forbidden', 'malformed_answer'] as const) {
  test(`where Genesys answers ${kind}, nothing is said of a list`, async () => {
    assert.deepEqual(await lookUp(failing(kind)).unknownLists('t1', ['nowhere']), [])
  })
}

test('an entry does not wait for a Genesys that says nothing', async () => {
  const never = lookUp(async (_, signal) => {
    never.stopping.abort()
    signal.throwIfAborted()
    return LIST
  })
  assert.deepEqual(await never.unknownLists('t1', ['nowhere']), [])
})

test('of the lists that entries name the first twenty are looked for, each once', () => {
  const named = collectNamedLists()
  const terms = (contactListIds: string[] | null) => ({
    ...{ reason: 'UNSPECIFIED' as const, originalReason: null, source: null },
    ...{ receivedAt: null, expiresAt: null, contactListIds },
  })
  const ids = Array.from({ length: 30 }, (_, n) => `list-${n}`)
  named.look({ terms: [terms(null), terms(['list-0', 'list-1'])] })
  named.look({ terms: [terms(ids)] })
  assert.deepEqual(named.lists(), ids.slice(0, 20))
})
