import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { StoreUnavailable } from '../../../../src/domain/problems/store-unavailable.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import type { EditionHold } from '../../../../src/workflows/ports/do-not-call/registries/registries.ts'
import { StagingLost } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { embeddedHome } from '../../../support/databases/database.ts'
import { receiveEdition } from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'

const COUNT = 20_000
/** How many numbers are read before a part is kept. */
const AT_ONCE = 2 ** 13
const KEY = 'the-file'

const FILE = Buffer.from(
  Array.from({ length: COUNT }, (_, at) => `${12_015_550_000 + at * 3}\n`).join(''),
)

async function* piecesUpTo(end: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < end; at += 8_191) yield FILE.subarray(at, at + 8_191)
  throw new GatewayProblem('body-broken-off', 'The connection broke.')
}

/** A store whose database is away when a continued edition forgets what was not kept. */
const losingDatabase = (store: Store) => {
  const holds: EditionHold[] = []
  const registries: Store['registries'] = {
    ...store.registries,
    resume: async (asked) => {
      const result = await store.registries.resume(asked)
      if (result.kind === 'resumed') holds.push(result.hold)
      return result
    },
    forgetBeyond: async () => {
      throw new StoreUnavailable('The database does not answer')
    },
  }
  return { holds, store: { ...store, registries } }
}

describe('An edition that a call begins to continue', () => {
  const home = embeddedHome()
  after(() => home.close())
  const suite = registrySuite(home)

  /**
   * The process kept the key of the edition in memory until it ended, although the call was over.
   */
  it('is no longer held if the database is lost before the first byte is read', async () => {
    const name = await suite.registry()
    const { registries } = suite.store
    await assert.rejects(
      receiveEdition(suite.store, name, piecesUpTo(200_000), {}, KEY, AT_ONCE),
      GatewayProblem,
    )
    const offset = (await registries.receiving(name))[0]?.offset ?? 0
    assert.ok(offset > 0, 'a part is kept')
    const rest = (store: Store) =>
      receiveEdition(store, name, FILE.subarray(offset).toString(), { offset }, KEY, AT_ONCE)

    const losing = losingDatabase(suite.store)
    await assert.rejects(rest(losing.store), StoreUnavailable)
    assert.equal(losing.holds.length, 1)
    const page = { first: 7, last: 7, count: 1, bytes: Buffer.from([0, 1, 0, 0]) }
    await assert.rejects(async () => registries.append(losing.holds[0]!, 9, [page]), StagingLost)

    const edition = await rest(suite.store)
    assert.equal(edition.numbers, COUNT, 'the kept part can still be continued')
  })
})
