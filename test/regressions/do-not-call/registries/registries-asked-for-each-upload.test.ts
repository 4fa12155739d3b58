import assert from 'node:assert/strict'
import { after, it } from 'node:test'

import type { KyselyPlugin } from 'kysely'

import { withholdSuppressed } from '../../../../src/store/do-not-call/suppressed-since.ts'
import { openServer } from '../../../../src/store/homes/server-home.ts'
import { serverHome } from '../../../support/databases/database.ts'

const home = serverHome()
after(() => home.close())

/**
 * A tenant with a do-not-call entry sends one contact at a time. Whether a registry is too old was
 * asked anew for each upload of a shipment: a statement each, in the transaction that records the
 * try, while it keeps others from adding entries.
 */
it(
  'A try of many uploads asks the registries once for each set of countries',
  { skip: home.skip },
  async (test) => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const database = openServer({ url: place.url })
    test.after(() => database.close())
    let statements = 0
    const count: KyselyPlugin = {
      transformQuery: ({ node }) => {
        statements += 1
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const uploads = Array.from({ length: 100 }, (_, n) => ({
      uploadId: `upl_${n}`,
      listId: 'list',
      since: { default: 1 },
      look: { epochs: {}, editions: [], countries: n % 2 === 0 ? ['US'] : ['DE', 'US'] },
    }))
    const rules = { ageDaysOf: () => 31, required: new Map() }
    await database.db
      .withPlugin(count)
      .transaction()
      .execute((tx) => withholdSuppressed(tx, 'request', uploads, { default: 1 }, rules))
    assert.equal(statements, 2)
  },
)
