import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { NewDncChunk } from '../../../src/domain/do-not-call/dnc-chunk.ts'
import type { EntryTerms } from '../../../src/domain/do-not-call/dnc-entry.ts'
import type { DncHoldReason } from '../../../src/domain/do-not-call/dnc-submission.ts'
import { applyOptOutByStrictest } from '../../../src/domain/do-not-call/rules/limits.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { AcceptSubmission } from '../../../src/workflows/ports/do-not-call/submissions.ts'
import { StagingLost } from '../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

const TERMS: EntryTerms = {
  ...{ reason: 'UNSPECIFIED', originalReason: null, source: null },
  ...{ receivedAt: null, expiresAt: '2031-01-01T00:00:00.000Z', contactListIds: null },
}
const DIGEST_KEY = Buffer.alloc(32, 5)

type Given = { subject: string; terms?: Partial<EntryTerms>; quarantined?: boolean }

const chunkOf = (seq: number, given: readonly Given[]): NewDncChunk => ({
  seq,
  firstLine: seq * 100 + 1,
  lastLine: seq * 100 + given.length,
  terms: given.map(({ terms }) => ({ ...TERMS, ...terms })),
  entries: given.map(({ subject, quarantined = false }, place) => ({
    ...{ line: seq * 100 + place + 1, cells: [subject], kind: 'phone' as const },
    ...{ subject, terms: place, quarantined },
  })),
  rejected: [],
  subjects: Buffer.concat(given.map(({ subject }) => keyedDigest(DIGEST_KEY, subject))),
})

eachHome('Submissions of do-not-call entries as they are stored', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const run = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await store.sql.executeSql(text, values)).rows as Row[]
  const begin = async (): Promise<string> => {
    const id = ids.newId('dns')
    const about = { tenantId: 'default', dncListId: 'dnc', kind: 'add' as const, overrides: false }
    await store.dncSubmissions.begin({ id, ...about, actor: 'key', requestId: 'req', owner: 'me' })
    return id
  }
  const input = (id: string, chunks: number, accepted: number): AcceptSubmission => ({
    ...{ id, tenantId: 'default', rejections: {}, columns: ['phoneNumber'], chunks, notes: [] },
    source: { fileName: null, format: 'csv', bytes: 1, sha256: 'ab', delimiter: ',' },
    counts: { read: accepted, accepted, rejected: 0, quarantined: 0, duplicates: 0, blank: 0 },
    audit: audit('dnc.accepted', id),
    scope: { tenantId: 'default', method: 'POST', path: '/x', key: id, owner: 'me' },
    answerOf: ({ state }) => ({ fingerprint: 'f', status: 202, body: state, location: null }),
  })
  const epoch = async (): Promise<number> => {
    const [row] = await run<{ epoch: string }>('select epoch from suppression_epoch')
    return Number(row?.epoch ?? 0)
  }
  const entriesOf = (id: string) =>
    run<{ reason: number; expires: string | null; quarantined: boolean }>(
      `select reason, extract(year from expires_at)::text as expires, e.quarantined from dnc_entry e
        join dnc_submission s on s.number = e.submission where id = $1 order by chunk_seq, place`,
      [id],
    )

  it('has no epoch before it is accepted, and is accepted under a raised one, with the answer of its key', async () => {
    const id = await begin()
    await claimKey(store, id)
    await store.dncSubmissions.append(id, chunkOf(0, [{ subject: '+14155550101' }]))
    const before = await epoch()
    const hidden = await run<{ epoch: string | null }>(
      'select epoch from dnc_submission where id = $1',
      [id],
    )
    assert.deepEqual(hidden, [{ epoch: null }])
    assert.equal(await store.dncSubmissions.find('default', id), null)
    const { submission, answer } = await store.dncSubmissions.accept(input(id, 1, 1))
    assert.deepEqual([submission.state, submission.counts.pending], ['applying', 1])
    assert.equal(answer.body, 'applying')
    assert.equal(await epoch(), before + 1)
    const [row] = await run<{ epoch: string }>('select epoch from dnc_submission where id = $1', [
      id,
    ])
    assert.equal(Number(row?.epoch), before + 1)
    const [lane] = await run<{ ready: boolean }>(
      `select ready_at <= clock_timestamp() as ready from dnc_list_lane where dnc_list_id = 'dnc'`,
    )
    assert.equal(lane?.ready, true)
    assert.equal((await claimKey(store, id)).kind, 'done')
    await assert.rejects(store.dncSubmissions.append(id, chunkOf(1, [])), StagingLost)
  })

  it('keeps one entry of a person and scope, under the strongest reason and the longest time of all', async () => {
    const id = await begin()
    const [subject, other] = ['+14155550102', '+14155550103']
    const first = await store.dncSubmissions.append(
      id,
      chunkOf(0, [
        { subject },
        { subject, terms: { reason: 'REGULATORY', expiresAt: '2030-01-01T00:00:00.000Z' } },
        { subject: other, quarantined: true },
        { subject, terms: { contactListIds: ['a', 'b'] } },
      ]),
    )
    assert.deepEqual(first, { accepted: 2, quarantined: 1, duplicates: 1 })
    const second = await store.dncSubmissions.append(
      id,
      chunkOf(1, [{ subject: other, terms: { expiresAt: null } }, { subject }]),
    )
    assert.deepEqual(second, { accepted: 0, quarantined: 0, duplicates: 2 })
    assert.deepEqual(await entriesOf(id), [
      { reason: 3, expires: '2031', quarantined: false },
      { reason: 1, expires: null, quarantined: true },
      { reason: 1, expires: '2031', quarantined: false },
    ])
  })

  it('is to be applied in time counted from the first person who asked, not from its acceptance', async () => {
    const applyBy = async () => (await store.home.gauges()).dncApplyByEpochSeconds
    const id = await begin()
    await claimKey(store, id)
    const asked = (receivedAt: string, subject: string) => ({ subject, terms: { receivedAt } })
    await store.dncSubmissions.append(
      id,
      chunkOf(0, [
        asked('2026-01-20T12:00:00.000Z', '+14155550141'),
        asked('2026-01-05T12:00:00.000Z', '+14155550142'),
        { subject: '+14155550143' },
      ]),
    )
    await store.dncSubmissions.append(id, chunkOf(1, [{ subject: '+14155550144' }]))
    await store.dncSubmissions.accept(input(id, 2, 4))
    const from = new Date('2026-01-05T12:00:00.000Z')
    assert.equal(await applyBy(), applyOptOutByStrictest(from)!.getTime() / 1000)
  })

  it('lies sealed: no number stands in the clear', async () => {
    const id = await begin()
    const number = '+14155550199'
    await store.dncSubmissions.append(id, chunkOf(0, [{ subject: number }]))
    const found = await run<{ n: number }>(
      `select count(*)::int as n from dnc_chunk c where position($1::bytea in payload) > 0
        or position($2::text in c::text) > 0`,
      [Buffer.from(number), number],
    )
    assert.deepEqual(found, [{ n: 0 }])
  })

  it('is not accepted when a chunk was lost, or when another call answered the key', async () => {
    const id = await begin()
    await claimKey(store, id)
    const before = await epoch()
    await assert.rejects(store.dncSubmissions.accept(input(id, 1, 1)), StagingLost)
    await store.dncSubmissions.append(id, chunkOf(0, [{ subject: '+14155550104' }]))
    const foreign = { ...input(id, 1, 1) }
    foreign.scope = { ...foreign.scope, owner: 'another' }
    await assert.rejects(store.dncSubmissions.accept(foreign), StagingLost)
    assert.equal(await epoch(), before)
    assert.equal(await store.dncSubmissions.find('default', id), null)
  })

  it('leaves nothing when it is discarded or swept, and sweeps none that is alive', async () => {
    const id = await begin()
    for (let seq = 0; seq < 9; seq += 1) {
      await store.dncSubmissions.append(id, chunkOf(seq, [{ subject: `+1415555${2000 + seq}` }]))
    }
    await store.dncSubmissions.discard(id)
    assert.deepEqual(await entriesOf(id), [])
    assert.equal(await store.dncSubmissions.touch(id), false)
    const dead = await begin()
    await store.dncSubmissions.append(dead, chunkOf(0, [{ subject: '+14155550105' }]))
    const alive = await begin()
    await run(
      `update dnc_submission set heartbeat_at = clock_timestamp() - interval '61 seconds' where id = $1`,
      [dead],
    )
    assert.equal(await store.dncSubmissions.sweepReceiving(60_000), 1)
    assert.equal(await store.dncSubmissions.touch(dead), false)
    assert.equal(await store.dncSubmissions.touch(alive), true)
  })

  it('is applied at once when nothing is left to send', async () => {
    const id = await begin()
    await claimKey(store, id)
    const given = input(id, 0, 0)
    const counts = { ...given.counts, read: 1, rejected: 1 }
    const { submission } = await store.dncSubmissions.accept({ ...given, counts })
    assert.equal(submission.state, 'applied_with_errors')
    assert.notEqual(submission.appliedAt, null)
  })

  it('is released where entries are quarantined, once, and gives its lane work', async () => {
    const id = await begin()
    await claimKey(store, id)
    await store.dncSubmissions.append(
      id,
      chunkOf(0, [{ subject: '+80012345678', quarantined: true }]),
    )
    const given = input(id, 1, 0)
    const { submission } = await store.dncSubmissions.accept({
      ...given,
      counts: { ...given.counts, read: 1, quarantined: 1 },
    })
    assert.equal(submission.state, 'applied_with_errors')
    await run(`update dnc_list_lane set ready_at = 'infinity'`)
    const released = await store.dncSubmissions.release(submission, audit('dnc.released', id))
    assert.equal(released?.state, 'applying')
    assert.deepEqual([released?.counts.accepted, released?.counts.quarantined], [1, 0])
    assert.deepEqual(
      (await entriesOf(id)).map(({ quarantined }) => quarantined),
      [false],
    )
    const ready = await run(`select from dnc_list_lane where ready_at < 'infinity'`)
    assert.equal(ready.length, 1)
    assert.equal(await store.dncSubmissions.release(submission, audit('dnc.released', id)), null)
  })

  it('is resumed where Genesys refused its list, and nowhere else', async () => {
    const id = await begin()
    await claimKey(store, id)
    await store.dncSubmissions.append(id, chunkOf(0, [{ subject: '+14155550107' }]))
    const { submission } = await store.dncSubmissions.accept(input(id, 1, 1))
    const resume = () => store.dncSubmissions.resume(submission, audit('dnc.resumed', id))
    assert.equal(await resume(), null)
    await run(
      `update dnc_submission set state = 'held', hold_reason = 'dnc_list_refused', held_since = clock_timestamp() where id = $1`,
      [id],
    )
    const held = (tenantId: string, reason: DncHoldReason) =>
      store.dncSubmissions.countHeld(tenantId, [reason])
    assert.equal(await held('default', 'dnc_list_refused'), 1)
    assert.equal(await held('default', 'genesys_unavailable'), 0)
    assert.equal(await held('other', 'dnc_list_refused'), 0)
    const resumed = await resume()
    assert.deepEqual([resumed?.state, resumed?.hold], ['applying', null])
    assert.equal(await held('default', 'dnc_list_refused'), 0)
  })

  it('is read back as it was sent, in input order', async () => {
    const id = await begin()
    await claimKey(store, id)
    await store.dncSubmissions.append(id, {
      ...chunkOf(0, [{ subject: '+14155550106' }, { subject: '+14155550106' }]),
      rejected: [{ line: 0, code: 'phone-invalid', column: 'phoneNumber', cells: ['x'] }],
    })
    const given = input(id, 1, 1)
    const counts = { ...given.counts, read: 3, rejected: 1, duplicates: 1 }
    const { submission } = await store.dncSubmissions.accept({ ...given, counts })
    const rows = []
    for await (const more of store.dncSubmissions.ledgerRows(submission, {
      outcomes: [],
      afterLine: -1,
    })) {
      rows.push(...more)
    }
    assert.deepEqual(
      rows.map(({ line, outcome, cells }) => [line, outcome, cells[0]]),
      [
        [0, 'rejected', 'x'],
        [1, 'pending', '+14155550106'],
        [2, 'duplicate', '+14155550106'],
      ],
    )
  })

  it('offers a tenant the lists that it is granted, and those that its grants name', async () => {
    const known = (tenantId: string) => store.dncSubmissions.knownLists(tenantId, 10)
    await run(`insert into dnc_list_lane (dnc_list_id) values ('a'), ('b') on conflict do nothing`)
    await run(`insert into tenant (id) values ('narrow'), ('none')`)
    await run(`insert into tenant_grant (tenant_id, kind, object_id) values
      ('narrow', 'dnc_list', 'b'), ('narrow', 'dnc_list', 'new'), ('none', 'contact_list', '*')`)
    assert.deepEqual(await known('narrow'), ['b', 'new'])
    assert.deepEqual(await known('none'), [])
    const all = await known('default')
    assert.ok(all.includes('a') && all.includes('b') && !all.includes('*') && !all.includes('new'))
    assert.deepEqual(await store.dncSubmissions.knownLists('default', 1), all.slice(0, 1))
  })
})
