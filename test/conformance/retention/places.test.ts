import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { ERASURE_PLACES } from '../../../src/domain/erasures/erasure.ts'
import { RETENTION_RULE_NAMES } from '../../../src/domain/retention/retention-rules.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { PLACES, WRAPPED_PLACES } from '../../../src/store/retention/places.ts'
import { embeddedHome, openTestStore } from '../../support/databases/database.ts'

type Column = { table: string; column: string; type: string }

/**
 * Tables of the query builder, which hold names of migrations, and of the queue, whose payloads
 * have only ids.
 */
const NOT_OURS = /^kysely_/u
const MAY_HOLD = ['bytea', 'json', 'jsonb']

describe('The table of places', () => {
  const home = embeddedHome()
  let store: Store
  let columns: Column[]
  before(async () => {
    store = await openTestStore(await home.fresh())
    const { rows } = await store.sql
      .executeSql(`select table_name as table, column_name as column, data_type as type
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1, ordinal_position`)
    columns = (rows as Column[]).filter(({ table }) => !NOT_OURS.test(table))
  })
  after(async () => {
    await store.close()
    await home.close()
  })

  it('has every table of the schema and no other: what is new says what retention and erasures do with it', () => {
    assert.deepEqual(
      Object.keys(PLACES).toSorted(),
      [...new Set(columns.map(({ table }) => table))].toSorted(),
    )
  })

  it('says of every column of bytes or JSON what it holds', () => {
    for (const [table, place] of Object.entries(PLACES)) {
      const wanted = columns.filter((one) => one.table === table && MAY_HOLD.includes(one.type))
      assert.deepEqual(
        Object.keys(place.columns).toSorted(),
        wanted.map(({ column }) => column).toSorted(),
        `src/store/retention/places.ts, ${table}`,
      )
    }
  })

  it('seals anew exactly what has a column for the id of its key', () => {
    const keyed = columns.filter(({ column }) => column === 'key_id' || column.endsWith('_key_id'))
    assert.deepEqual(
      WRAPPED_PLACES.map(({ table, keyId }) => `${table}.${keyId}`).toSorted(),
      keyed.map(({ table, column }) => `${table}.${column}`).toSorted(),
    )
    for (const { table, sealed } of WRAPPED_PLACES) {
      assert.equal(PLACES[table]!.columns[sealed], 'wrapped', `${table}.${sealed}`)
    }
    const wrapped = Object.entries(PLACES).flatMap(([table, place]) =>
      Object.entries(place.columns).flatMap(([column, content]) =>
        content === 'wrapped' ? [`${table}.${column}`] : [],
      ),
    )
    assert.deepEqual(
      WRAPPED_PLACES.map(({ table, sealed }) => `${table}.${sealed}`).toSorted(),
      wrapped.toSorted(),
    )
  })

  it('gives whatever may name a person a step of the erasure, or says why it has none', () => {
    const steps = new Set<string>()
    for (const [table, { erased, columns: held }] of Object.entries(PLACES)) {
      if (typeof erased === 'string') steps.add(erased)
      const isSealed = Object.values(held).includes('sealed')
      if (isSealed && typeof erased !== 'string') {
        assert.doesNotMatch(erased.because, /no cell of a person/u, `${table} holds sealed columns`)
      }
    }
    // The contacts in Genesys have no table here.
    steps.add('genesys_contacts')
    assert.deepEqual([...steps].toSorted(), [...ERASURE_PLACES].toSorted())
  })

  it('has a table for every rule of retention', () => {
    const rules = new Set(
      Object.values(PLACES).map(({ kept }) => (typeof kept === 'string' ? kept : null)),
    )
    for (const rule of RETENTION_RULE_NAMES) assert.ok(rules.has(rule), rule)
  })
})
