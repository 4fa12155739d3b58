import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import fc from 'fast-check'

import { csvHeader, csvLine, ndjsonLine } from '../../src/http/routes/do-not-call/dnc-export.ts'
import { createEntrySteps } from '../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../src/intake/rows/normalisation.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import {
  createReceiveEntries,
  type EntriesRequest,
} from '../../src/workflows/do-not-call/receive-entries.ts'
import { embeddedHome, openTestStore } from '../support/databases/database.ts'
import { ids } from '../support/stages/store-uploads.ts'

const home = embeddedHome()
let store: Store
before(async () => {
  store = await openTestStore(await home.fresh())
  await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
})
after(async () => {
  await store.close()
  await home.close()
})

const rules = { allowedCountries: new Set(['US']) }
/**
 * The import's steps know other words, because the meaning of an export must not depend on them.
 */
const steps = {
  sent: createEntrySteps(
    { ...rules, reasons: new Map([['optout', 'CUSTOMER_REQUEST' as const]]) },
    createNormalisations(),
  ),
  imported: createEntrySteps(rules, createNormalisations()),
}

const submit = (
  about: Pick<EntriesRequest, 'dncListId' | 'kind' | 'format' | 'steps'>,
  text: string,
) =>
  createReceiveEntries({
    submissions: store.dncSubmissions,
    tenants: store.tenants,
    idempotency: store.idempotency,
    intake: { maxBytes: 1e9, maxRows: 1e6, maxRecordBytes: 1e6, digestKey: store.digestKey },
    renderSubmission: ({ id, counts }) => ({ id, counts }),
    ...{ clock: systemClock, ids, emit: () => undefined, owner: 'me' },
  })({
    caller: {
      ...{ tenantId: 'default', keyId: 'key', requestId: 'req' },
      scopes: ['dnc', 'dnc:override'],
    },
    options: about.kind === 'remove' ? { override: true } : {},
    fileName: null,
    body: (async function* () {
      yield Buffer.from(text)
    })(),
    ...{ method: 'POST', path: '/entries', idempotencyKey: ids.newUuid() },
    ...about,
  })

const exported = async (dncListId: string, format: 'csv' | 'ndjson'): Promise<string> => {
  let text = format === 'csv' ? csvHeader : ''
  for await (const entries of store.dncSubmissions.exportEntries('default', dncListId)) {
    text += entries.map(format === 'csv' ? csvLine : ndjsonLine).join('')
  }
  return text
}

const person = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((n) => ({ phoneNumber: `+1415555010${n}` })),
  fc.constantFrom('ann@example.com', 'Jörg@Bücher.example', '=x@example.com').map((email) => ({
    email,
  })),
)
const words = fc
  .array(fc.constantFrom('a', 'é', ' ', '"', ',', ';', "'", '=', '+1', '\t', '\n', '|', '1,5'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))
const entry = fc
  .tuple(
    person,
    fc.record(
      {
        reason: fc.constantFrom('REGULATORY', 'CUSTOMER_REQUEST', 'optout', 'moved, abroad'),
        source: words,
        receivedAt: fc.constantFrom('2026-01-31T10:00:00.123Z', '2025-12-24T18:00:00+01:00'),
        expiresAt: fc.constantFrom('2040-01-01T00:00:00Z', '2041-06-30T12:00:00.500Z'),
        contactListIds: fc.constantFrom(['list-1'], ['list-2', 'list-1']),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([who, said]) => ({ ...who, ...said }))
const submission = fc.record({
  kind: fc.constantFrom('add' as const, 'add' as const, 'remove' as const),
  entries: fc.array(entry, { minLength: 1, maxLength: 6 }),
})

const asRemovals = (entries: readonly object[]): object[] =>
  entries.map((one) => {
    const { phoneNumber, email, contactListIds } = one as Record<string, unknown>
    return { phoneNumber, email, contactListIds }
  })

test('what is exported and sent in again is exported alike, in both forms, whatever the words', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(submission, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('csv' as const, 'ndjson' as const),
      async (submissions, format) => {
        run += 1
        for (const { kind, entries } of submissions) {
          const body = JSON.stringify(kind === 'remove' ? asRemovals(entries) : entries)
          const about = {
            dncListId: `from-${run}`,
            kind,
            format: 'json',
            steps: steps.sent,
          } as const
          await submit(about, body)
        }
        const before = await exported(`from-${run}`, format)
        if (before === '' || before === csvHeader) return
        const about = {
          dncListId: `to-${run}`,
          kind: 'add',
          format,
          steps: steps.imported,
        } as const
        const { body } = await submit(about, before)
        const { counts } = JSON.parse(body) as { counts: Record<string, number> }
        assert.deepEqual([counts.rejected, counts.duplicates], [0, 0], before)
        assert.equal(await exported(`to-${run}`, format), before)
      },
    ),
    { numRuns: 40 },
  )
})
