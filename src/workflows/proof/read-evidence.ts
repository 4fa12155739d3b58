import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import { subjectDigest } from '../../domain/do-not-call/subject.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import {
  between,
  cursorOfPlace,
  cutAfter,
  type EvidenceItem,
  type EvidencePlace,
  inOrder,
  placeOfCursor,
  type SearchedChunk,
} from '../../domain/proof/evidence.ts'
import type { Ids } from '../../lib/ids.ts'
import { nearestStorable } from '../../lib/storable-time.ts'
import type { AuditStore } from '../ports/audit/audit.ts'
import type {
  EvidenceDraft,
  EvidenceStore,
  EvidenceSubject,
  WalkedUpload,
} from '../ports/proof/evidence.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import type { EVIDENCE_REFUSALS } from './refusals.ts'
import { createLedgerReader, draftsOfRow } from './row-evidence.ts'

/** `from` is inclusive, `to` exclusive. ISO 8601 with a zone. */
export type EvidenceQuery = {
  subject: EvidenceSubject
  from: string
  to: string
  cursor: string | null
  /** Whether the caller sees ids unmasked. The audit entry records this. */
  revealed?: true
}

export type Evidence = {
  by: 'phoneNumber' | 'email'
  /** Hexadecimal keyed digest, the same as in the receipts of erasures. */
  subjectDigest: string
  from: string
  to: string
  items: EvidenceItem[]
  /**
   * How many uploads of this page no longer have their rows, because the retention has ended. It is
   * unknown whether the person was in them.
   */
  uploadsWithoutRows: number
  next: string | null
}

export type ReadEvidence = Refusing<
  (typeof EVIDENCE_REFUSALS)[number],
  (caller: Caller, query: EvidenceQuery) => Promise<Evidence>
>

type Deps = {
  evidence: EvidenceStore
  uploads: Pick<UploadStore, 'ledger'>
  audit: AuditStore
  digestKey: Buffer
  ids: Ids
  /** For tests. Default: `LIMITS`. */
  limits?: Partial<typeof LIMITS>
}

/**
 * The most that one call reads. The next call continues. `rows`: rows about the person, not
 * counting the rest of the last chunk. `opened`: chunks that had to be opened. `lot`: uploads
 * listed at a time.
 */
const LIMITS = {
  items: 500,
  rows: 500,
  /** The limit for the first page. It is lower, because a person waits for this page. */
  firstUploads: 500,
  uploads: 2_000,
  chunks: 4_000,
  opened: 400,
  lot: 500,
}

/**
 * The most uploads and chunks of one search of rows. An upload with more chunks is searched alone.
 */
const PART = { uploads: 500, chunks: 500 }

const COUNTED = ['rows', 'uploads', 'chunks', 'opened'] as const
type Counted = Record<(typeof COUNTED)[number], number>

type Walk = Counted & {
  drafts: EvidenceDraft[]
  withoutRows: number
  stoppedBefore: WalkedUpload | null
  last: string
  /** The last chunk that was searched, in an upload that was searched only in part. */
  endedAt: SearchedChunk | null
}

/** Divides the uploads into parts, each for one search of rows. */
const partsOf = (lot: readonly WalkedUpload[]): WalkedUpload[][] => {
  const parts: WalkedUpload[][] = []
  let chunks = Number.POSITIVE_INFINITY
  for (const upload of lot) {
    const part = parts.at(-1)
    if (part === undefined || chunks + upload.chunks > PART.chunks || part.length >= PART.uploads) {
      parts.push([upload])
      chunks = upload.chunks
    } else {
      part.push(upload)
      chunks += upload.chunks
    }
  }
  return parts
}

/** Searches the rows of these uploads, and adds what it finds to the walk. */
const searchPart = async (
  deps: Deps,
  subject: EvidenceSubject,
  walk: Walk,
  part: readonly WalkedUpload[],
): Promise<void> => {
  const limits = { ...LIMITS, ...deps.limits }
  const kept = part.filter(({ rowsKept }) => rowsKept)
  const { rows, opened, goneIds, endedAt } = await deps.evidence.rowsOf(
    {
      uploadIds: kept.map(({ id }) => id),
      after: walk.endedAt,
      limits: { rows: limits.rows - walk.rows, opened: limits.opened - walk.opened },
    },
    subject,
  )
  const open = endedAt === null ? -1 : part.findIndex(({ id }) => id === endedAt.uploadId)
  const searched = open < 0 ? part : part.slice(0, open)
  walk.withoutRows += searched.filter(({ id, rowsKept }) => !rowsKept || goneIds.has(id)).length
  const ledgerOf = createLedgerReader(deps)
  for (const row of rows) {
    const upload = kept.find(({ id }) => id === row.uploadId)!
    walk.drafts.push(...(await draftsOfRow({ ...deps, ledgerOf }, upload, row)))
  }
  walk.last = searched.at(-1)?.id ?? walk.last
  walk.endedAt = endedAt
  walk.stoppedBefore = part[open] ?? null
  walk.rows += rows.length
  walk.uploads += searched.length
  walk.opened += opened
  for (const { chunks } of searched) walk.chunks += chunks
}

/** Whether a call has read as much as one call may. */
const isEnough = (walk: Counted, most: Counted): boolean =>
  COUNTED.some((what) => walk[what] >= most[what])

const mostUploads = (
  { uploads, firstUploads }: typeof LIMITS,
  { afterUpload, afterChunk }: EvidencePlace,
): number => (afterUpload === '' && afterChunk === null ? Math.min(firstUploads, uploads) : uploads)

type WalkAbout = { from: string; to: string; begin: EvidencePlace; until: string | null }

/**
 * Searches the uploads from `begin` on, oldest first. Stops at the first upload that was created at
 * or after `until`, or when this call has read as much as one call may.
 */
const walkUploads = async (
  deps: Deps,
  { subject, tenantId }: { subject: EvidenceSubject; tenantId: string },
  { from, to, begin, until }: WalkAbout,
): Promise<Walk> => {
  const limits = { ...LIMITS, ...deps.limits }
  const walk: Walk = {
    ...{ drafts: [], withoutRows: 0, stoppedBefore: null },
    ...{ last: begin.afterUpload, endedAt: begin.afterChunk },
    ...{ rows: 0, uploads: 0, chunks: 0, opened: 0 },
  }
  const most = { ...limits, uploads: mostUploads(limits, begin) }
  for (;;) {
    const about = { tenantId, after: walk.last, from, to, limit: limits.lot }
    const lot = await deps.evidence.uploadsBehind(about)
    const beyond = lot.findIndex(
      ({ createdAt }) => until !== null && Date.parse(createdAt) >= Date.parse(until),
    )
    let searched = 0
    for (const part of partsOf(beyond < 0 ? lot : lot.slice(0, beyond))) {
      await searchPart(deps, subject, walk, part)
      if (walk.endedAt !== null) return walk
      searched += part.length
      if (isEnough(walk, most) && searched < lot.length)
        return { ...walk, stoppedBefore: lot[searched]! }
    }
    if (beyond >= 0) return { ...walk, stoppedBefore: lot[beyond]! }
    if (lot.length < limits.lot) return walk
    if (!isEnough(walk, most)) continue
    const [next] = await deps.evidence.uploadsBehind({ ...about, after: walk.last, limit: 1 })
    return { ...walk, stoppedBefore: next ?? null }
  }
}

const laterOf = (one: string, other: string): string =>
  Date.parse(one) > Date.parse(other) ? one : other

/** Nothing stored is older than this. */
const EARLIEST = new Date(0).toISOString()

const momentOf = (time: string): string => nearestStorable(new Date(time)).toISOString()

const timesOf = ({ from, to }: EvidenceQuery): { from: string; to: string } => {
  const times = {
    from: laterOf(momentOf(from), EARLIEST),
    to: laterOf(momentOf(to), EARLIEST),
  }
  if (Date.parse(times.from) < Date.parse(times.to)) return times
  throw new GatewayProblem('evidence-time-invalid', '`from` must be before `to`.', {
    pointer: '/from',
  })
}

const beginOf = ({ cursor }: EvidenceQuery, from: string): EvidencePlace => {
  if (cursor === null) return { at: from, afterUpload: '', afterChunk: null }
  const place = placeOfCursor(cursor)
  if (place !== null) return { ...place, at: laterOf(place.at, from) }
  throw new GatewayProblem('evidence-cursor-invalid', 'The cursor cannot be read.', {
    pointer: '/cursor',
  })
}

/**
 * The time at which this page ends and the next page begins. `cut`: the time from which decisions
 * do not fit on the page. `stopped`: the upload before which the search stopped. Returns the
 * earlier of the two times, but never a time before `begin`. null: there is neither, so no page
 * follows.
 */
const endOf = (cut: string | null, stopped: WalkedUpload | null, begin: string): string | null => {
  const ends = [cut, stopped?.createdAt ?? null].filter((end) => end !== null)
  if (ends.length === 0) return null
  const first = ends.reduce((one, other) => (Date.parse(one) < Date.parse(other) ? one : other))
  return laterOf(first, begin)
}

const noteRead = async (
  { audit, ids }: Deps,
  caller: Caller,
  { subjectDigest: digest, items, from, to }: Evidence,
  revealed: true | undefined,
): Promise<void> =>
  audit.append([
    createAuditEntry(ids, byCaller(caller), {
      action: 'evidence.read',
      object: digest,
      counts: { items: items.length },
      digest,
      details: { from, to, ...(revealed && { revealed }) },
    }),
  ])

/**
 * Returns the decisions about a person that the tenant may see, in chronological order. One call
 * reads a limited number of uploads and of rows about the person, and says where the next call
 * continues. All items about a row are on the page that covers the row. Before the call answers,
 * the audit trail records who asked.
 */
export const createReadEvidence =
  (deps: Deps): ReadEvidence =>
  async (caller, query) => {
    const { tenantId } = caller
    const { subject } = query
    const times = timesOf(query)
    const begin = beginOf(query, times.from)
    const all = await deps.evidence.decisions({ tenantId, subject, ...times })
    const decisions = inOrder(between(all, begin.at, times.to))
    const cut = cutAfter(decisions, deps.limits?.items ?? LIMITS.items)
    const walk = await walkUploads(deps, { subject, tenantId }, { ...times, begin, until: cut })
    const { last: afterUpload, endedAt: afterChunk } = walk
    const end = endOf(cut, walk.stoppedBefore, begin.at)
    const shown = [
      ...between(decisions, begin.at, end ?? times.to),
      ...between(walk.drafts, times.from, times.to),
    ]
    const evidence: Evidence = {
      by: subject.kind === 'phone' ? 'phoneNumber' : 'email',
      subjectDigest: subjectDigest(deps.digestKey, subject.value).toString('hex'),
      ...times,
      items: await deps.evidence.complete(inOrder(shown)),
      uploadsWithoutRows: walk.withoutRows,
      next: end === null ? null : cursorOfPlace({ at: end, afterUpload, afterChunk }),
    }
    await noteRead(deps, caller, evidence, query.revealed)
    return evidence
  }
