import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Caller, Scope } from '../../../src/domain/access/access.ts'
import { NO_QUOTAS, NO_USE } from '../../../src/domain/access/quotas.ts'
import type { Tenant } from '../../../src/domain/access/tenant.ts'
import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type { DncSubmission } from '../../../src/domain/do-not-call/dnc-submission.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { createEntrySteps } from '../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import {
  createReleaseSubmission,
  createResumeSubmission,
  createSearchEntries,
} from '../../../src/workflows/do-not-call/read-entries.ts'
import { createReceiveEntries } from '../../../src/workflows/do-not-call/receive-entries.ts'
import type {
  DncSubmissionStore,
  FoundEntry,
} from '../../../src/workflows/ports/do-not-call/submissions.ts'
import { StagingLost, type IdempotencyStore } from '../../../src/workflows/ports/uploads/uploads.ts'

const ids = createIds({ clock: systemClock })
const caller = (...scopes: Scope[]): Caller => ({
  ...{ tenantId: 't1', keyId: 'key_1', scopes, requestId: 'req_1' },
})
const steps = createEntrySteps({ allowedCountries: new Set(['US']) }, createNormalisations())

const SUBMISSION: DncSubmission = {
  ...{ id: 'dns_1', number: '1', tenantId: 't1', dncListId: 'dnc', kind: 'add', state: 'applying' },
  ...{ hold: null, version: 1, rejections: {}, notes: [], columns: [], problem: null },
  counts: {
    ...{ read: 0, accepted: 0, rejected: 0, quarantined: 0, duplicates: 0, blank: 0, created: 0 },
    ...{ existing: 0, updated: 0, removed: 0, notFound: 0, failed: 0, pending: 0 },
  },
  source: { fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: ',' },
  ...{ createdAt: '', updatedAt: '', appliedAt: null },
}

const NO_GRANTS = { dncLists: [], campaigns: [], externalContacts: [], conversations: [] }
const TENANT: Tenant = {
  ...{ id: 't1', name: 't1', version: 1, createdAt: '', updatedAt: '' },
  grants: { contactLists: ['mine'], ...NO_GRANTS },
  registries: [],
  ...{ quotas: NO_QUOTAS, use: NO_USE },
}

/** A store that keeps what it gets. `lost`: it loses the submission. */
const createStage = ({ lost = false, moved = true, held = [] as number[] } = {}) => {
  const calls: string[] = []
  const audits: (AuditEntry & { rejections: object })[] = []
  let kept: { fingerprint: string; status: number; body: string; location: string | null } | null =
    null
  const submissions: DncSubmissionStore = {
    knowsList: async () => true,
    knownLists: async () => [],
    begin: async () => void calls.push('begin'),
    readChunk: () => Promise.reject(new Error('not asked for')),
    touch: async () => true,
    append: async (_id, { entries }) => {
      if (lost) throw new StagingLost('gone')
      calls.push(`append ${entries.length}`)
      return { accepted: entries.length, quarantined: 0, duplicates: 0 }
    },
    exportEntries: async function* () {},
    heldByRegulatory: async () => held,
    accept: async ({ answerOf, counts, audit, rejections }) => {
      calls.push(`accept ${counts.accepted} of ${counts.read}`)
      audits.push({ ...audit, rejections })
      const answer = answerOf({ ...SUBMISSION, counts: { ...SUBMISSION.counts, ...counts } })
      kept = answer
      return { submission: SUBMISSION, answer }
    },
    discard: async () => void calls.push('discard'),
    sweepReceiving: async () => 0,
    countHeld: async () => 0,
    find: async (tenantId, id) => (tenantId === 't1' && id === 'dns_1' ? SUBMISSION : null),
    release: async () => (moved ? SUBMISSION : null),
    resume: async () => (moved ? SUBMISSION : null),
    about: async (_tenantId, _list, digests) => digests.map((_, at) => ({ at }) as FoundEntry),
    list: async () => null,
    ledgerRows: async function* () {},
  }
  const idempotency: IdempotencyStore = {
    claim: async () => (kept === null ? { kind: 'claimed' } : { kind: 'done', ...kept }),
    keepAlive: async () => undefined,
    release: async () => void calls.push('release'),
  }
  const deps = {
    ...{ submissions, idempotency, ids, clock: systemClock, owner: 'me', emit: () => undefined },
    tenants: { find: async () => TENANT },
    intake: { maxBytes: 1e6, maxRows: 100, maxRecordBytes: 1e5, digestKey: Buffer.alloc(32, 1) },
    renderSubmission: ({ id }: DncSubmission) => ({ id }),
  }
  const receiveEntries = createReceiveEntries(deps)
  const receive = (text: string, about: Partial<Parameters<typeof receiveEntries>[0]> = {}) =>
    receiveEntries({
      ...{
        kind: 'add',
        caller: caller('dnc'),
        dncListId: 'dnc',
        options: {},
        format: 'csv',
        fileName: null,
      },
      body: (async function* () {
        yield Buffer.from(text)
      })(),
      ...{ steps, idempotencyKey: 'k', method: 'POST', path: '/entries' },
      ...about,
    })
  const reading = { submissions, digestKey: Buffer.alloc(32, 1), ids }
  return { calls, audits, receive, reading }
}

const refused = (code: string) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

const FILE = 'phoneNumber\n+14155552671\nx\n'

describe('Receiving do-not-call entries', () => {
  test('stores them while they come in, accepts them once, and answers the same to the same call', async () => {
    const { calls, receive } = createStage()
    const answer = await receive(FILE)
    assert.deepEqual(calls, ['begin', 'append 1', 'accept 1 of 2'])
    assert.equal(answer.status, 202)
    assert.equal(answer.replayed, false)
    assert.deepEqual(await receive(FILE), { ...answer, replayed: true })
    await assert.rejects(receive('phoneNumber\n+14155552672\n'), refused('idempotency-key-reused'))
    assert.equal(calls.length, 3)
  })

  test('leaves nothing of a file that is refused, and frees its key', async () => {
    const { calls, receive } = createStage()
    await assert.rejects(receive('phone\n1\n'), refused('dnc-columns-unknown'))
    assert.deepEqual(calls, ['begin', 'discard', 'release'])
  })

  test('leaves nothing when the database lost the submission, and asks to come again', async () => {
    const { calls, receive } = createStage({ lost: true })
    await assert.rejects(receive(FILE), refused('database-unavailable'))
    assert.deepEqual(calls, ['begin', 'discard', 'release'])
  })
})

test('entries are for lists of the tenant alone, and removals for any: one may not be granted any more', async () => {
  const file = 'phoneNumber,contactListIds\n+14155552671,mine\n+14155552672,other\n'
  const added = createStage()
  await added.receive(file)
  assert.deepEqual(added.audits[0]?.rejections, { 'contact-list-not-granted': 1 })
  const removed = createStage()
  await removed.receive(file, { kind: 'remove' })
  assert.deepEqual(removed.audits[0]?.rejections, {})
})

describe('Receiving removals', () => {
  test('rejects those of people who are held by REGULATORY, and writes the intent down', async () => {
    const { calls, audits, receive } = createStage({ held: [0] })
    await receive('phoneNumber\n+14155552671\n+14155552672\nx\n', { kind: 'remove' })
    assert.deepEqual(calls, ['begin', 'append 1', 'accept 1 of 3'])
    assert.deepEqual(
      audits.map(({ action, outcome, counts, rejections }) => [
        ...[action, outcome, counts.rejected, rejections],
      ]),
      [['dnc.removed', 'intended', 2, { 'override-needed': 1, 'phone-invalid': 1 }]],
    )
  })

  test('takes the option override with its scope alone, whatever an admin may else', async () => {
    const { calls, audits, receive } = createStage({ held: [0] })
    const override = { kind: 'remove', options: { override: true } } as const
    for (const kind of ['add', 'remove'] as const) {
      const about = { ...override, kind, caller: caller('dnc', 'admin') }
      await assert.rejects(receive(FILE, about), refused('scope-missing'))
    }
    assert.deepEqual(calls, [])
    await receive(FILE, { ...override, caller: caller('dnc', 'dnc:override') })
    assert.deepEqual(calls, ['begin', 'append 1', 'accept 1 of 2'])
    assert.equal(audits[0]?.counts.rejected, 1)
  })
})

describe('Moving submissions and looking people up', () => {
  test('a release needs its scope by name, a submission of the tenant, and something quarantined', async () => {
    const release = createReleaseSubmission(createStage().reading)
    await assert.rejects(release(caller('dnc', 'admin'), 'dns_1'), refused('scope-missing'))
    await assert.rejects(release(caller('dnc:override'), 'dns_2'), refused('not-found'))
    assert.equal(await release(caller('dnc', 'dnc:override'), 'dns_1'), SUBMISSION)
    const none = createReleaseSubmission(createStage({ moved: false }).reading)
    await assert.rejects(none(caller('dnc:override'), 'dns_1'), {
      code: 'dnc-not-held',
      message: 'The submission has no quarantined entries.',
    })
  })

  test('a resume needs a submission that waits for somebody', async () => {
    const { reading } = createStage()
    assert.equal(await createResumeSubmission(reading)(caller('dnc'), 'dns_1'), SUBMISSION)
    const none = createResumeSubmission(createStage({ moved: false }).reading)
    await assert.rejects(none(caller('dnc'), 'dns_1'), {
      code: 'dnc-not-held',
      message: `The submission is ${SUBMISSION.state}. You can resume only a submission that is held as dnc_list_refused.`,
    })
  })

  test('a search answers in the order of the question, also who is asked about twice', async () => {
    const search = createSearchEntries(createStage().reading)
    const found = await search(caller('dnc'), 'dnc', ['a', 'b', 'a'])
    assert.deepEqual(
      found.map((entries) => entries.map(({ at }) => at)),
      [[0], [1], [0]],
    )
  })
})
