import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { embeddedHome } from '../../../support/databases/database.ts'
import { followEditions, receiveEdition } from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'

const FIRST = 12_125_550_100

const linesOf = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${FIRST + at}\n`).join('')

/**
 * A full edition was compared only with the edition in force. A cut file that arrived while the
 * whole one was being loaded replaced it, and the people of the rest were called.
 */
describe('A full edition with far fewer numbers than one that is being loaded', () => {
  const home = embeddedHome()
  after(() => home.close())
  const suite = registrySuite(home)

  it('is refused, unless the caller allows it', async () => {
    const { store } = suite
    const name = await suite.registry()
    await receiveEdition(store, name, linesOf(50))
    await assert.rejects(
      receiveEdition(store, name, linesOf(2)),
      (error: unknown) => error instanceof GatewayProblem && error.code === 'edition-shrinks',
    )
    await receiveEdition(store, name, linesOf(46))
    await receiveEdition(store, name, linesOf(3), { allowShrink: true })
    await followEditions(store)
    assert.equal((await store.registries.find(name))?.current?.numbers, 3)
  })
})
