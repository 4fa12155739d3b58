import { randomUUID } from 'node:crypto'

import type { NewDncChunk } from '../../../src/domain/do-not-call/dnc-chunk.ts'
import type { EntryTerms } from '../../../src/domain/do-not-call/dnc-entry.ts'
import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { DncGroup, DncLaneStore } from '../../../src/workflows/ports/do-not-call/dnc-lane.ts'
import { audit, claimKey, ids } from '../stages/store-uploads.ts'

type Entry = Partial<EntryTerms> & { subject: string; quarantined?: boolean }

export type Submitted = {
  kind?: 'add' | 'remove'
  overrides?: boolean
  tenantId?: string
  dncListId?: string
  /** How many entries a chunk has. Default: all of them. */
  chunkEntries?: number
}

const TERMS: EntryTerms = {
  ...{ reason: 'CUSTOMER_REQUEST', originalReason: null, source: null },
  ...{ receivedAt: null, expiresAt: null, contactListIds: null },
}

const chunkOf = (store: Store, seq: number, given: readonly Entry[]): NewDncChunk => ({
  seq,
  firstLine: seq * 10_000 + 2,
  lastLine: seq * 10_000 + given.length + 1,
  terms: given.map(({ subject: _subject, quarantined: _quarantined, ...terms }) => ({
    ...TERMS,
    ...terms,
  })),
  entries: given.map(({ subject, quarantined = false }, place) => ({
    ...{ line: seq * 10_000 + place + 2, cells: [subject], subject, terms: place, quarantined },
    kind: subject.includes('@') ? ('email' as const) : ('phone' as const),
  })),
  rejected: [],
  subjects: Buffer.concat(given.map(({ subject }) => subjectDigest(store.digestKey, subject))),
})

/** Receives a submission and stops before accepting it. */
export const receiveSubmission = async (
  store: Store,
  given: readonly Entry[],
  about: Submitted = {},
) => {
  const { kind = 'add', overrides = false, tenantId = 'default', dncListId = 'dnc-1' } = about
  const { chunkEntries = given.length } = about
  const id = ids.newId('dns')
  const submitted = { id, tenantId, dncListId, kind, overrides }
  await store.dncSubmissions.begin({ ...submitted, actor: 'key', requestId: 'req', owner: 'me' })
  const sums = { accepted: 0, quarantined: 0, duplicates: 0 }
  let chunks = 0
  for (let at = 0; at < given.length; at += chunkEntries) {
    const chunk = chunkOf(store, chunks, given.slice(at, at + chunkEntries))
    const appended = await store.dncSubmissions.append(id, chunk)
    sums.accepted += appended.accepted
    sums.quarantined += appended.quarantined
    sums.duplicates += appended.duplicates
    chunks += 1
  }
  const accept = async () => {
    await claimKey(store, id)
    const { submission } = await store.dncSubmissions.accept({
      ...{ id, tenantId, rejections: {}, columns: ['phoneNumber'], chunks, notes: [] },
      source: { fileName: null, format: 'csv', bytes: 1, sha256: 'ab', delimiter: ',' },
      counts: { read: given.length, rejected: 0, blank: 0, ...sums },
      audit: audit(kind === 'remove' ? 'dnc.removed' : 'dnc.accepted', id),
      scope: { tenantId: 'default', method: 'POST', path: '/x', key: id, owner: 'me' },
      answerOf: ({ state }) => ({ fingerprint: 'f', status: 202, body: state, location: null }),
    })
    return submission
  }
  return { id, accept }
}

/** Receives and accepts a submission of these entries. */
export const submitEntries = async (
  store: Store,
  given: readonly Entry[],
  about: Submitted = {},
): Promise<string> => {
  const { id, accept } = await receiveSubmission(store, given, about)
  await accept()
  return id
}

const PLATFORM = { phone: true, email: true, removals: true, reasons: false } as const
const GUIDE = { phone: true, email: false, removals: false, reasons: true } as const

type Sent = { action: 'add' | 'remove'; subjects: string[] }

/**
 * Claims the lane of a list, as its worker does. `step`: the next group. `drain`: sends all groups,
 * and returns what was sent.
 */
export const holdLane = async (
  store: Store,
  dialect: 'guide' | 'platform' = 'platform',
  most = 499,
) => {
  const lane: DncLaneStore = store.dncLane
  const claim = await lane.claim('me')
  if (claim === null) throw new Error('No lane has work')
  const takes = dialect === 'guide' ? GUIDE : PLATFORM
  const expiryDays = dialect === 'guide' ? null : 180
  const step = async (): Promise<DncGroup | null> => {
    for (;;) {
      const about = { takes, expiryDays, most, id: randomUUID(), key: randomUUID() }
      const group = await lane.nextGroup(claim, about)
      if (group !== 'again') return group
    }
  }
  const settle = (group: DncGroup) =>
    lane.settle(claim, group, {
      ...{ failed: new Map(), open: [], tallies: null, problem: null },
      audit: audit('dnc.sent', group.submissionId),
    })
  const drain = async (): Promise<Sent[]> => {
    const sent: Sent[] = []
    for (let group = await step(); group !== null; group = await step()) {
      await lane.recordTry(claim, group)
      await settle(group)
      sent.push({ action: group.action, subjects: [...group.subjects] })
    }
    return sent
  }
  const letGo = () => lane.release(claim, null)
  return { claim, lane, step, settle, drain, letGo }
}

/** Deletes all submissions and pulls, with everything that belongs to them. */
export const clearSubmissions = async (store: Store): Promise<void> => {
  for (const table of ['dnc_pull', 'dnc_group', 'dnc_submission', 'dnc_list_lane']) {
    await store.sql.executeSql(`delete from ${table}`)
  }
}
