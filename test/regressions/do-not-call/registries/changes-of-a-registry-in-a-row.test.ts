import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { embeddedHome } from '../../../support/databases/database.ts'
import {
  followEditions,
  loadEdition,
  receiveEdition,
} from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'

const [ANN, BOB, CAT] = [12_125_550_123, 12_125_550_129, 12_125_550_199]

const isProblem =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof GatewayProblem && error.code === code

describe('Changes of a registry that follow each other', () => {
  const home = embeddedHome()
  after(() => home.close())
  const suite = registrySuite(home)

  /** The second change got its 202 and then failed, because its base was no longer in force. */
  it('are refused while another edition is being loaded', async () => {
    const { store } = suite
    const name = await suite.registry()
    await loadEdition(store, name, [ANN])
    const first = await receiveEdition(store, name, `${BOB}\n`, { change: 'add' })
    const second = () => receiveEdition(store, name, `${CAT}\n`, { change: 'add' })
    await assert.rejects(second(), isProblem('edition-loading'))
    await followEditions(store)
    const { id } = await second()
    await followEditions(store)
    const ends = await Promise.all(
      [first.id, id].map(async (one) => (await store.registries.findEdition(name, one))?.state),
    )
    assert.deepEqual(ends, ['replaced', 'current'])
    assert.equal((await store.registries.find(name))?.current?.numbers, 3)
  })

  /** A person who was added again stayed out of the registry: the file had been received before. */
  it('may have the bytes of an earlier file if they are a different change or have a later time', async () => {
    const { store } = suite
    const name = await suite.registry()
    const dayOf = (day: number) => ({ asOf: `2026-11-${day}T00:00:00Z` })
    await loadEdition(store, name, [ANN], dayOf(10))
    await loadEdition(store, name, [BOB], { change: 'add', ...dayOf(11) })
    await loadEdition(store, name, [BOB], { change: 'remove', ...dayOf(12) })
    const again = { change: 'add', ...dayOf(13) }
    const { numbers } = await loadEdition(store, name, [BOB], again)
    assert.equal(numbers, 2)
    await assert.rejects(loadEdition(store, name, [BOB], again), isProblem('edition-exists'))
    const unstated = { change: 'remove' }
    await assert.rejects(loadEdition(store, name, [BOB], unstated), isProblem('edition-exists'))
  })
})
