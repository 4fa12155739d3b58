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
import { audit } from '../../../support/stages/store-uploads.ts'

const [ANN, BOB, CAT] = [12_125_550_123, 12_125_550_129, 12_125_550_199]

const dayOf = (day: number) => ({ asOf: `2026-11-${day}T00:00:00Z` })

const isOlder = (error: unknown): boolean =>
  error instanceof GatewayProblem && error.code === 'edition-older'

/**
 * Editions came into force in the order in which they began to arrive. An edition that began first
 * and was accepted last could therefore make an accepted edition fail.
 */
describe('An edition of a registry that was answered with 202', () => {
  const home = embeddedHome()
  after(() => home.close())
  const suite = registrySuite(home)

  /** Begins to send an edition. `end` sends its last number and returns the answer. */
  const sendSlowly = async (name: string, options: Record<string, unknown>) => {
    const rest = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    async function* file() {
      yield Buffer.from(`${ANN}\n`)
      begun.resolve()
      await rest.promise
      yield Buffer.from(`${BOB}\n`)
    }
    const sent = receiveEdition(suite.store, name, file(), options)
    await begun.promise
    return {
      end: () => {
        rest.resolve()
        return sent
      },
    }
  }

  const statesOf = (name: string, ids: string[]) =>
    Promise.all(ids.map(async (id) => (await suite.store.registries.findEdition(name, id))?.state))

  it('does not fail because of a full edition that began to arrive before it', async () => {
    const name = await suite.registry()
    await loadEdition(suite.store, name, [ANN], dayOf(10))
    const slow = await sendSlowly(name, dayOf(12))
    const change = await receiveEdition(suite.store, name, `${CAT}\n`, {
      ...{ change: 'add', ...dayOf(11) },
    })
    const full = await slow.end()
    await followEditions(suite.store)
    assert.deepEqual(await statesOf(name, [change.id, full.id]), ['replaced', 'current'])
  })

  it('is refused instead if a newer edition is being loaded', async () => {
    const { store } = suite
    const name = await suite.registry()
    await loadEdition(store, name, [ANN], dayOf(10))
    const slow = await sendSlowly(name, dayOf(12))
    const newer = await receiveEdition(store, name, `${CAT}\n`, { change: 'add', ...dayOf(13) })
    await assert.rejects(slow.end(), isOlder)
    await followEditions(store)
    assert.deepEqual(await statesOf(name, [newer.id]), ['current'])
  })

  it('comes into force before a full edition that is newer, whichever began first', async () => {
    const { store } = suite
    const name = await suite.registry()
    const slow = await sendSlowly(name, dayOf(12))
    const first = await receiveEdition(store, name, `${CAT}\n`, dayOf(11))
    const last = await slow.end()
    await assert.rejects(receiveEdition(store, name, `${BOB}\n`, dayOf(11)), isOlder)
    await followEditions(store)
    assert.deepEqual(await statesOf(name, [first.id, last.id]), ['replaced', 'current'])
  })
  /** The change failed as soon as the edition that it changes was gone. */
  it('does not fail because the edition that it changes is deleted', async () => {
    const { store } = suite
    const name = await suite.registry()
    const base = await loadEdition(store, name, [ANN])
    const change = await receiveEdition(store, name, `${CAT}\n`, { change: 'add' })
    const remove = { name, id: base.id, audit: audit('registry.edition_deleted', base.id) }
    assert.equal(await store.registries.remove(remove), 'busy')
    await followEditions(store)
    assert.deepEqual(await statesOf(name, [base.id, change.id]), ['replaced', 'current'])
    const removed = await store.registries.remove(remove)
    assert.equal(removed !== 'busy' && removed?.state, 'deleted')
  })
})
