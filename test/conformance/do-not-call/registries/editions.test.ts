import assert from 'node:assert/strict'
import { it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { SuppressionUnknown } from '../../../../src/workflows/ports/do-not-call/suppressions.ts'
import { eachHome } from '../../../support/databases/database.ts'
import {
  followEditions,
  loadEdition,
  namedBy,
  receiveEdition,
} from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const FIRST = 12_015_550_000
const LIST = 'list'

/**
 * A dense block, and some numbers far from each other. So both forms of a block occur, on several
 * pages.
 */
const numbersFrom = (first: number): number[] => [
  ...Array.from({ length: 3_000 }, (_, at) => first + at * 3),
  ...Array.from({ length: 3_000 }, (_, at) => first + 1_000_000 + at * 77_777),
]

const ascending = (one: number, other: number): number => one - other

const withCode = (code: string) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

eachHome('Editions of registries', (home) => {
  const suite = registrySuite(home)
  const { registry } = suite

  it('have exactly the numbers of their file, whatever its order', async () => {
    const name = await registry()
    const numbers = numbersFrom(FIRST)
    const shuffled = numbers.map((_, at) => numbers[(at * 7_919) % numbers.length]!)
    const edition = await loadEdition(suite.store, name, [...shuffled, ...shuffled.slice(0, 9)])
    assert.equal(edition.state, 'current')
    assert.equal(edition.numbers, new Set(numbers).size)
    const asked = [...numbers, ...numbers.map((number) => number + 1)]
    const expected = asked.filter((number) => numbers.includes(number)).toSorted(ascending)
    assert.deepEqual(await namedBy(suite.store, LIST, asked), expected)
  })

  it('are loaded whole from runs that overlap, as a change adds to and takes from what is in force', async () => {
    const name = await registry()
    const half = 700_000
    // Two lots. The numbers of the second one lie before and between those of the first.
    async function* file() {
      for (const from of [1, 0]) {
        const lines: string[] = []
        for (let at = 0; at < half; at += 1) lines.push(`${FIRST + from * 1_000 + at * 2 + from}`)
        yield Buffer.from(`${lines.join('\n')}\n`)
      }
    }
    await receiveEdition(suite.store, name, file())
    await followEditions(suite.store)
    assert.equal((await suite.store.registries.find(name))!.current!.numbers, 2 * half)
    const asked = [FIRST, FIRST + 1, FIRST + 1_001, FIRST + 2 * half - 2, FIRST + 2 * half]
    assert.deepEqual(await namedBy(suite.store, LIST, asked), [
      ...[FIRST, FIRST + 1_001, FIRST + 2 * half - 2, FIRST + 2 * half].filter(
        (number) => number !== FIRST + 2 * half,
      ),
    ])
    const added = await loadEdition(suite.store, name, [FIRST + 1, FIRST], { change: 'add' })
    assert.deepEqual([added.numbers, added.added], [2 * half + 1, 1])
    const removed = await loadEdition(suite.store, name, [FIRST, FIRST + 3], { change: 'remove' })
    assert.deepEqual([removed.numbers, removed.added], [2 * half, 0])
    assert.deepEqual(await namedBy(suite.store, LIST, [FIRST, FIRST + 1, FIRST + 2]), [
      FIRST + 1,
      FIRST + 2,
    ])
  })

  it('that are older, of a time to come, the same file, much smaller, or change what is not in force are refused and leave nothing', async () => {
    const name = await registry()
    const refused = (code: string, numbers: number[], options = {}) =>
      assert.rejects(
        receiveEdition(suite.store, name, `${numbers.join('\n')}\n`, options),
        withCode(code),
        code,
      )
    await refused('edition-base-missing', [FIRST], { change: 'add' })
    const numbers = numbersFrom(FIRST)
    const { id } = await loadEdition(suite.store, name, numbers, { asOf: '2026-11-20T00:00:00Z' })
    await refused('edition-older', [FIRST], { asOf: '2026-11-19T00:00:00Z' })
    await refused('edition-exists', numbers)
    await refused('edition-shrinks', numbers.slice(0, 3_000))
    await refused('edition-base-missing', [FIRST], { change: 'add', base: `rge_${'0'.repeat(32)}` })
    await refused('registry-no-numbers', [])
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    await refused('option-invalid', numbers.slice(1), { asOf: tomorrow })
    const editions = await suite.store.registries.editions(name)
    assert.deepEqual(
      editions.map((edition) => edition.id),
      [id],
    )
    const { rows } = await suite.store.sql.executeSql(
      `select e.id from registry_edition e where e.registry = $1`,
      [name],
    )
    assert.equal(rows.length, 1, 'nothing of a refused edition stays')
    const fewer = await loadEdition(suite.store, name, numbers.slice(0, 3_000), {
      allowShrink: true,
    })
    assert.equal(fewer.state, 'current')
  })

  it('are loaded once under a key, and nobody sees one half-loaded', async () => {
    const name = await registry()
    await loadEdition(suite.store, name, [FIRST])
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const lines = numbersFrom(FIRST).join('\n')
    async function* slowly() {
      yield Buffer.from(`${lines}\n`)
      begun.resolve()
      await gate.promise
      yield Buffer.from(`${FIRST + 1}\n`)
    }
    const loading = receiveEdition(suite.store, name, slowly(), {}, 'once')
    await begun.promise
    await assert.rejects(
      receiveEdition(suite.store, name, `${lines}\n`, {}, 'once'),
      withCode('idempotency-key-in-progress'),
    )
    assert.equal((await suite.store.registries.editions(name)).length, 1)
    assert.deepEqual(await namedBy(suite.store, LIST, [FIRST, FIRST + 3]), [FIRST])
    gate.resolve()
    const { id } = await loading
    assert.deepEqual(await namedBy(suite.store, LIST, [FIRST, FIRST + 3]), [FIRST])
    assert.equal(
      (await receiveEdition(suite.store, name, `${lines}\n${FIRST + 1}\n`, {}, 'once')).id,
      id,
    )
    await followEditions(suite.store)
    assert.deepEqual(await namedBy(suite.store, LIST, [FIRST, FIRST + 3]), [FIRST, FIRST + 3])
  })

  it('that two instances load and bring into force at once are one after the other', async () => {
    const name = await registry()
    const numbers = numbersFrom(FIRST)
    const shuffled = numbers.toReversed()
    // Of the same day. Otherwise, the later one may be accepted first, and the other is refused.
    const ofToday = { asOf: new Date().toISOString() }
    const [one, other] = await Promise.all([
      receiveEdition(suite.store, name, `${shuffled.join('\n')}\n`, ofToday),
      receiveEdition(suite.store, name, `${[...shuffled, FIRST + 1].join('\n')}\n`, ofToday),
    ])
    await Promise.all([1, 2, 3].map(() => suite.store.registryWork.bringIntoForce()))
    await followEditions(suite.store)
    const states = await Promise.all(
      [one, other].map(
        async ({ id }) => (await suite.store.registries.findEdition(name, id))!.state,
      ),
    )
    assert.deepEqual(
      states.filter((state) => state === 'current'),
      ['current'],
    )
    assert.deepEqual(await namedBy(suite.store, LIST, numbers), numbers.toSorted(ascending))
  })

  it('that died while they were received are swept, and then a change cannot be told from unknown', async () => {
    const name = await registry()
    const { id } = await loadEdition(suite.store, name, [FIRST])
    const dead = await suite.store.registries.begin({
      ...{ id: 'rge_dead', registry: name, change: 'full', baseId: null, subscription: null },
      ...{ asOf: new Date().toISOString(), tenantId: 'default', requestId: 'r', owner: 'dead' },
      callDigest: 'dead',
    })
    assert.equal(await suite.store.registries.sweep(60_000), 0)
    assert.equal(await suite.store.registries.sweep(-1_000), 1)
    assert.equal(await suite.store.registries.touch(dead), false)
    const { editions } = await suite.store.suppressions.standingOf(LIST)
    const removed = await suite.store.registries.remove({
      name,
      id,
      audit: audit('registry.edition_deleted', id),
    })
    assert.ok(removed !== null && removed !== 'busy' && removed.state === 'deleted')
    const { rows } = await suite.store.sql.executeSql(
      `select data_key from registry_edition where id = $1 and data_key is not null
       union all select sealed from registry_page p join registry_edition e on e.number = p.edition where e.id = $1`,
      [id],
    )
    assert.equal(rows.length, 0, 'neither its key nor its numbers')
    await assert.rejects(
      suite.store.suppressions.numbersAmong(editions, Float64Array.of(FIRST)),
      SuppressionUnknown,
    )
  })

  it('lose what an instance left that was killed after a switch or a deletion, and nothing else', async () => {
    const name = await registry()
    const first = await loadEdition(suite.store, name, numbersFrom(FIRST))
    await loadEdition(suite.store, name, [FIRST + 1], { change: 'add' })
    const pages = async (id: string): Promise<number[]> => {
      const { rows } = await suite.store.sql.executeSql(
        `select p.run from registry_page p join registry_edition e on e.number = p.edition where e.id = $1 order by p.run, p.first`,
        [id],
      )
      return (rows as { run: number }[]).map(({ run }) => run)
    }
    const current = (await suite.store.registries.find(name))!.current!
    const [merged, read] = [await pages(current.id), await pages(first.id)]
    const leave = (id: string, run: number) =>
      suite.store.sql.executeSql(
        `insert into registry_page (edition, run, first, last, sealed) select number, $2, 7, 7, '' from registry_edition where id = $1`,
        [id, run],
      )
    await leave(current.id, 1)
    await leave(current.id, 2)
    await leave(first.id, 0)
    await suite.store.registries.sweep(60_000)
    assert.deepEqual([await pages(current.id), await pages(first.id)], [merged, read])
    const removed = audit('registry.edition_deleted', first.id)
    await suite.store.registries.remove({ name, id: first.id, audit: removed })
    await leave(first.id, 1)
    await suite.store.registries.sweep(60_000)
    assert.deepEqual(await pages(first.id), [])
  })

  it('whose page cannot be opened make everything unknown, and nobody free to call', async () => {
    const name = await registry()
    await loadEdition(suite.store, name, [FIRST])
    await suite.store.sql.executeSql(
      `update registry_page set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
        where edition = (select current_edition from registry where name = $1)`,
      [name],
    )
    await assert.rejects(namedBy(suite.store, LIST, [FIRST]), SuppressionUnknown)
  })

  it('of which a page is gone make everything unknown, and nobody free to call', async () => {
    const name = await registry()
    const numbers = numbersFrom(FIRST)
    await loadEdition(suite.store, name, numbers)
    assert.deepEqual(await namedBy(suite.store, LIST, numbers.slice(0, 1)), numbers.slice(0, 1))
    await suite.store.sql.executeSql(
      `delete from registry_page where (edition, first) = (select edition, max(first) from registry_page
        where edition = (select current_edition from registry where name = $1) group by edition)`,
      [name],
    )
    await assert.rejects(namedBy(suite.store, LIST, numbers.slice(-1)), SuppressionUnknown)
  })

  it('are stored with each page in one piece of the table', async () => {
    const name = await registry()
    await loadEdition(suite.store, name, numbersFrom(FIRST))
    const { rows } = await suite.store.sql.executeSql(
      `select max(length(sealed)) > 7000 as full, pg_relation_size((select reltoastrelid from pg_class where relname = 'registry_page'))::int as pieces
        from registry_page`,
      [],
    )
    assert.deepEqual(rows, [{ full: true, pieces: 0 }])
  })
})
