import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { SANDBOX_LIST, startWorld } from '../../support/stages/sandboxed-delivery.ts'

const PHONE = '+12125550123'

/**
 * Genesys answered the call that makes a number not callable with 200, but did not change the
 * contact, or the answer came from a proxy. The gateway believed any 200, and reported the contact
 * as retracted. Genesys went on to dial the person.
 */
describe('A retraction that Genesys answers with 200', () => {
  let world: Awaited<ReturnType<typeof startWorld>>
  beforeEach(async () => {
    world = await startWorld()
    const { sendBatch } = world.client.contactLists
    const columns = ['id', 'note'].map((name) => ({ name, kind: 'text' as const, required: false }))
    const batch = { listId: SANDBOX_LIST, requestId: 'r1', columns, contactIds: ['a'] }
    await sendBatch({ ...batch, cells: ['a', PHONE] }, context())
  })
  afterEach(() => world.close())

  const context = () => ({
    ...{ tenantId: 'default', class: 'dnc' as const, retryForMs: 0 },
    signal: new AbortController().signal,
  })
  const retract = () =>
    world.client.contactRetractions!.retract(
      {
        ...{ contactListId: SANDBOX_LIST, contactId: 'a', isReplaced: false },
        isSubject: (cell) => cell === PHONE,
      },
      context(),
    )
  it('is done only if the answer shows that the number is not callable', async () => {
    world.sandbox.setFaults([{ kind: 'contacts-kept' }])
    await assert.rejects(
      retract,
      (error) => error instanceof GenesysFailure && error.kind === 'malformed_answer',
    )
    world.sandbox.setFaults([])
    await retract()
    // The contact is read first. It shows now that nothing is left to change.
    world.sandbox.setFaults([{ kind: 'contacts-kept' }])
    await retract()
  })
})
