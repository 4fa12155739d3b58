import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { StagingLost } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome } from '../../../support/databases/database.ts'
import {
  followEditions,
  namedBy,
  receiveEdition,
} from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'

const LIST = 'list'
const FIRST = 12_015_550_000
/** How many numbers are read before a part is kept. */
const AT_ONCE = 2 ** 14
const COUNT = 50_000
const PIECE_BYTES = 8_191
const KEY = 'the-file'

const problem = (code: string, offset?: number) => (error: unknown) =>
  error instanceof GatewayProblem &&
  error.code === code &&
  (offset === undefined || error.about['offset'] === offset)

eachHome('An edition whose body broke off', (home) => {
  const suite = registrySuite(home)
  const { registry } = suite
  async function* pieces(file: Buffer, breaksOffAt = Infinity): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < file.length; at += PIECE_BYTES) {
      if (at >= breaksOffAt) throw new GatewayProblem('body-broken-off', 'The connection broke.')
      yield file.subarray(at, at + PIECE_BYTES)
    }
  }
  const broken = async (
    name: string,
    file: Buffer,
    at: number,
    options = {},
    key = KEY,
  ): Promise<void> => {
    const receiving = receiveEdition(suite.store, name, pieces(file, at), options, key, AT_ONCE)
    await assert.rejects(receiving, problem('body-broken-off'))
  }
  const offsetOf = async (name: string): Promise<number> =>
    (await suite.store.registries.receiving(name))[0]?.offset ?? 0

  it('goes on behind what is kept, as often as it breaks, and comes to the same as the whole file', async () => {
    const name = await registry()
    const lines = Array.from({ length: COUNT }, (_, at) =>
      at === 5 ? 'none' : `${FIRST + at * 3}`.slice(1),
    )
    const file = Buffer.from(`${lines.join('\n')}\n`)
    const options = { subscription: 'SAN 1' }
    await broken(name, file, 240_000, options)
    const first = await offsetOf(name)
    assert.ok(first > 100_000 && first < 250_000, `${first} bytes are kept`)
    assert.equal(
      (await suite.store.registries.editions(name)).length,
      0,
      'nobody sees it half-loaded',
    )
    assert.equal(
      await suite.store.registries.sweep(60_000),
      0,
      'it is kept for longer than a minute',
    )

    const rest = (offset: number, more = {}, key = KEY) =>
      receiveEdition(
        suite.store,
        name,
        pieces(file.subarray(offset)),
        { ...options, ...more, offset },
        key,
        AT_ONCE,
      )
    await assert.rejects(rest(first - 1), problem('edition-offset-differs', first))
    await assert.rejects(rest(first, {}, 'another'), problem('edition-offset-differs', 0))
    await assert.rejects(rest(first, { change: 'add' }), problem('edition-offset-differs', 0))

    await broken(name, file.subarray(first), 240_000, { ...options, offset: first })
    const second = await offsetOf(name)
    assert.ok(second > first, 'more of it is kept than before')
    const edition = await rest(second)
    assert.deepEqual(
      [edition.lines, edition.numbers, edition.rejected, edition.firstRejectedLine, edition.bytes],
      [COUNT, COUNT - 1, 1, 6, file.length],
    )
    assert.equal(edition.sha256, createHash('sha256').update(file).digest('hex'))
    assert.equal(await offsetOf(name), 0)
    const { rows } = await suite.store.sql.executeSql(
      `select runs, kept_state from registry_edition where id = $1`,
      [edition.id],
    )
    assert.deepEqual(rows, [{ runs: 1, kept_state: null }])
    await followEditions(suite.store)
    const asked = [0, 5, 6, 20_000, 30_000, COUNT - 1].map((at) => FIRST + at * 3)
    assert.deepEqual(
      await namedBy(suite.store, LIST, [...asked, ...asked.map((number) => number + 1)]),
      asked.filter((_, at) => at !== 1),
    )
    // The answer was lost. The rest of the file alone proves nothing, but the whole file gets the
    // answer again.
    await assert.rejects(rest(second), problem('edition-offset-differs', 0))
    const again = await receiveEdition(suite.store, name, pieces(file), options, KEY)
    assert.equal(again.id, edition.id)
  })

  it('begins anew where the whole file comes, goes after a day, and what an earlier call still writes is refused', async () => {
    const name = await registry()
    const backwards = Array.from({ length: 20_000 }, (_, at) => `${FIRST + 3e5 - at * 2}`)
    const file = Buffer.from(`${backwards.join('\n')}\n`)
    await broken(name, file, 220_000)
    const [kept] = await suite.store.registries.receiving(name)
    const { rows } = await suite.store.sql.executeSql(
      `select call_digest from registry_edition where id = $1`,
      [kept!.id],
    )
    const { call_digest: callDigest } = (rows as { call_digest: string }[])[0]!
    const asked = { callDigest, registry: name, owner: 'other', offset: kept!.offset }
    const resumed = await suite.store.registries.resume(asked)
    assert.ok(resumed.kind === 'resumed')
    const again = await suite.store.registries.resume(asked)
    assert.ok(again.kind === 'resumed')
    const page = { first: 7, last: 7, count: 1, bytes: Buffer.from([0, 1, 0, 0]) }
    await suite.store.registries.append(resumed.hold, 9, [page])
    const stored = await suite.store.sql.executeSql(
      `select run from registry_page where run = 9`,
      [],
    )
    assert.equal(stored.rows.length, 0, 'it is no longer his')
    assert.equal(await suite.store.registries.touch(resumed.hold), false)
    await assert.rejects(suite.store.registries.keep(resumed.hold, 1, Buffer.alloc(1)), StagingLost)
    await suite.store.registries.append(again.hold, 9, [page])
    await suite.store.registries.forgetBeyond(again.hold, 1, 0)
    const left = await suite.store.sql.executeSql(
      `select run from registry_page p join registry_edition e on e.number = p.edition where e.id = $1`,
      [kept!.id],
    )
    assert.equal(left.rows.length, 0)

    const whole = await receiveEdition(suite.store, name, pieces(file), {}, KEY)
    assert.deepEqual([whole.numbers, await offsetOf(name)], [20_000, 0])
    await broken(name, Buffer.concat([file, Buffer.from('2015550000\n')]), 220_000, {}, 'two')
    await suite.store.sql.executeSql(
      `update registry_edition set heartbeat_at = heartbeat_at - interval '25 hours' where state = 'receiving'`,
      [],
    )
    assert.equal(await suite.store.registries.sweep(60_000), 1)
    assert.equal(await offsetOf(name), 0)
  })
})
