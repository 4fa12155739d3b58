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
  inOrder,
  placeOfCursor,
} from '../../domain/proof/evidence.ts'
import type { Ids } from '../../lib/ids.ts'
import type { AuditStore } from '../ports/audit/audit.ts'
import type {
  EvidenceDraft,
  EvidenceStore,
  EvidenceSubject,
  WalkedUpload,
} from '../ports/proof/evidence.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import type { EVIDENCE_REFUSALS } from './refusals.ts'
import { draftsOfRow } from './row-evidence.ts'

/** `from` belongs to the time, `to` does not: ISO 8601 with a zone. */
export type EvidenceQuery = {
  subject: EvidenceSubject
  from: string
  to: string
  cursor: string | null
  /** Whoever asks sees ids unmasked: the audit has it. */
  revealed?: true
}

export type Evidence = {
  by: 'phoneNumber' | 'email'
  /** Hexadecimal, keyed: the same as in receipts of erasures. */
  subjectDigest: string
  from: string
  to: string
  items: EvidenceItem[]
  /**
   * Uploads of the time whose rows are past their retention, so it is unknown whether the person
   * was in them.
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
  /** Left out: as they are. */
  limits?: Partial<typeof LIMITS>
}

/** What one call does at most before it leaves the rest to the next: some seconds of work. */
const LIMITS = { items: 500, uploads: 2_000, chunks: 4_000, opened: 400, lot: 50 }

type Walk = {
  drafts: EvidenceDraft[]
  withoutRows: number
  stoppedBefore: WalkedUpload | null
  last: string
}

/**
 * Goes through the uploads behind `after` until one came in at `until`, or the work of one call is
 * done.
 */
const walkUploads = async (
  deps: Deps,
  { subject, tenantId }: { subject: EvidenceSubject; tenantId: string },
  { from, to, after, until }: { from: string; to: string; after: string; until: string | null },
): Promise<Walk> => {
  const limits = { ...LIMITS, ...deps.limits }
  const done = { uploads: 0, chunks: 0, opened: 0 }
  const walk: Walk = { drafts: [], withoutRows: 0, stoppedBefore: null, last: after }
  const isEnough = (): boolean =>
    done.uploads >= limits.uploads || done.chunks >= limits.chunks || done.opened >= limits.opened
  for (;;) {
    const about = { tenantId, after: walk.last, from, to, limit: limits.lot }
    const lot = await deps.evidence.uploadsBehind(about)
    const beyond = lot.findIndex(
      ({ createdAt }) => until !== null && Date.parse(createdAt) >= Date.parse(until),
    )
    const walked = beyond < 0 ? lot : lot.slice(0, beyond)
    const kept = walked.filter(({ rowsKept }) => rowsKept)
    const { rows, opened, goneIds } = await deps.evidence.rowsOf(
      kept.map(({ id }) => id),
      subject,
    )
    walk.withoutRows += walked.length - kept.length + goneIds.size
    for (const row of rows) {
      const upload = kept.find(({ id }) => id === row.uploadId)!
      walk.drafts.push(...(await draftsOfRow(deps, upload, row)))
    }
    walk.last = walked.at(-1)?.id ?? walk.last
    done.uploads += walked.length
    done.opened += opened
    for (const { chunks } of walked) done.chunks += chunks
    if (beyond >= 0) return { ...walk, stoppedBefore: lot[beyond]! }
    if (lot.length < limits.lot) return walk
    if (!isEnough()) continue
    const [next] = await deps.evidence.uploadsBehind({ ...about, after: walk.last, limit: 1 })
    return { ...walk, stoppedBefore: next ?? null }
  }
}

const laterOf = (one: string, other: string): string =>
  Date.parse(one) > Date.parse(other) ? one : other

/** Nothing here is older, and PostgreSQL knows no year 0. */
const EARLIEST = new Date(0).toISOString()

const timesOf = ({ from, to }: EvidenceQuery): { from: string; to: string } => {
  const times = {
    from: laterOf(new Date(from).toISOString(), EARLIEST),
    to: laterOf(new Date(to).toISOString(), EARLIEST),
  }
  if (Date.parse(times.from) < Date.parse(times.to)) return times
  throw new GatewayProblem('evidence-time-invalid', '`from` must be before `to`.', {
    pointer: '/from',
  })
}

const beginOf = ({ cursor }: EvidenceQuery, from: string): { at: string; afterUpload: string } => {
  if (cursor === null) return { at: from, afterUpload: '' }
  const place = placeOfCursor(cursor)
  if (place !== null) return { ...place, at: laterOf(place.at, from) }
  throw new GatewayProblem('evidence-cursor-invalid', 'The cursor cannot be read.', {
    pointer: '/cursor',
  })
}

/** Where the page ends: at what comes first, but not before it began. null: nothing is left. */
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
 * Every decision about a person that the tenant may see, in the order of time. One call works for
 * some seconds and names the place where the next call continues. What happened to a row is on the
 * page of its upload. The audit trail records who asked before the answer.
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
    const about = { ...times, after: begin.afterUpload, until: cut }
    const walk = await walkUploads(deps, { subject, tenantId }, about)
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
      next: end === null ? null : cursorOfPlace({ at: end, afterUpload: walk.last }),
    }
    await noteRead(deps, caller, evidence, query.revealed)
    return evidence
  }
