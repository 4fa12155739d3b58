import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import { subjectDigest } from '../../../../src/domain/do-not-call/subject.ts'
import { createEntrySteps } from '../../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../../src/intake/rows/normalisation.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { createPullNext } from '../../../../src/workflows/do-not-call/pulls/pull-list.ts'
import type { DncExports } from '../../../../src/workflows/ports/do-not-call/dnc-lists.ts'
import { createSkippingClock } from '../../../genesys/harness.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import {
  clearSubmissions,
  holdLane,
  submitEntries,
} from '../../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const [ANN, BOB, CAT] = ['+14155550101', '+14155550102', '+14155550103'] as const
const of = (...subjects: string[]) => subjects.map((subject) => ({ subject }))
const REMOVE = { kind: 'remove', chunkEntries: 1 } as const

/**
 * A pull finds entries that Genesys has lost, and makes copies of them to send them again. A
 * removal that arrived in the meantime did not end the copies, so the person was suppressed again.
 */
eachHome('A removal that arrives while a pull runs', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  beforeEach(async () => {
    await clearSubmissions(store)
    await submitEntries(store, of(ANN, BOB))
    await send()
    await store.sql.executeSql(
      `update dnc_submission set applied_at = applied_at - interval '1 minute'`,
    )
    await store.dncPulls.plan(0)
  })

  const send = async () => {
    const { drain, letGo } = await holdLane(store)
    const sent = await drain()
    await letGo()
    return sent
  }
  const suppressed = async (): Promise<string[]> => {
    const found: string[] = []
    for (const subject of [ANN, BOB, CAT]) {
      const digest = subjectDigest(store.digestKey, subject)
      if ((await store.suppressions.suppressedAmong('list-1', digest)).size > 0) found.push(subject)
    }
    return found
  }
  /**
   * Makes a pull. The export has these people. `beside` runs after the pull has found what Genesys
   * lacks, before it adds the copies.
   */
  const pull = async (exported: readonly string[], beside: () => Promise<unknown>) => {
    const clock = createSkippingClock()
    let exports = 0
    const port: DncExports = {
      start: async () => void (exports += 1),
      latest: async () => ({ uri: 'x', exportedAt: String(exports) }),
      download: async (_uri, _context, read) => {
        const lines = ['Value,Type,ExpirationDateTime', ...exported.map((one) => `${one},phone,`)]
        return read(
          (async function* () {
            yield Buffer.from(`${lines.join('\n')}\n`)
          })(),
        )
      },
    }
    const next = createPullNext({
      ...{ pulls: store.dncPulls, exports: port, clock, ids, emit: () => undefined, owner: 'me' },
      submissions: {
        readChunk: async (...chunk) => {
          await beside()
          return store.dncSubmissions.readChunk(...chunk)
        },
      },
      steps: createEntrySteps(
        { reasons: new Map(), allowedCountries: new Set(['US']) },
        createNormalisations(),
      ),
      intake: { maxBytes: 1e9, maxRows: 1e7, maxRecordBytes: 1e5, digestKey: store.digestKey },
      periodMs: null,
    })
    assert.equal(await next(new AbortController().signal), true)
  }

  for (const [name, people] of [
    ['is not undone', [ANN]],
    ['is not undone if it ends its entries later, because it is large', [CAT, ANN]],
  ] as const) {
    it(name, async () => {
      await pull([], () => submitEntries(store, of(...people), REMOVE))
      await send()
      assert.deepEqual(await suppressed(), [BOB])
      const { rows } = await store.sql.executeSql(
        `select state, accepted, updated + existing + created as settled from dnc_submission where kind = 'pull'`,
      )
      assert.deepEqual(rows, [{ state: 'applied', accepted: 1, settled: 1 }])
    })
  }

  it('ends what the pull has added before, also if it ends its entries later', async () => {
    let arrived = false
    await submitEntries(store, of(ANN), { tenantId: 'default', chunkEntries: 1 })
    await send()
    await store.sql.executeSql(
      `update dnc_submission set applied_at = applied_at - interval '1 minute'`,
    )
    await pull([CAT], async () => {
      if (arrived) return
      arrived = true
      await submitEntries(store, of(BOB, CAT), REMOVE)
    })
    assert.deepEqual(await suppressed(), [ANN, BOB, CAT])
    await send()
    assert.deepEqual(await suppressed(), [ANN])
  })
})
