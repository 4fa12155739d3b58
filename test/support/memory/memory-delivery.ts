import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type { StagedChunk } from '../../../src/domain/uploads/chunk.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { brokenSums, canMove, LANE_STATES } from '../../../src/domain/uploads/upload.ts'
import {
  IN_REGISTER,
  type OpenComparison,
} from '../../../src/workflows/ports/delivery/compare-contacts.ts'
import type {
  JobEnd,
  Batch,
  Clearing,
  DeliveryPart,
  DeliveryStore,
  LaneClaim,
  NewPart,
  RowResult,
} from '../../../src/workflows/ports/delivery/delivery.ts'
import { FenceLost, UploadMoved } from '../../../src/workflows/ports/delivery/delivery.ts'
import {
  RowsWithheld,
  type TryStore,
  type WithheldRow,
} from '../../../src/workflows/ports/delivery/tries.ts'
import { idDigestOf, makeUpload } from './made-uploads.ts'

/** Compares contacts by the digests that `makeChunk` makes. */
export const compareWith =
  (register: ReadonlyMap<string, { contentHash: Buffer }>): OpenComparison =>
  () =>
  async (idDigests, contents) => {
    const known = new Map(
      [...register].map(([id, entry]) => [idDigestOf(id).toString('hex'), entry.contentHash]),
    )
    return Uint8Array.from({ length: idDigests.length / 16 }, (_, row) => {
      const [from, to] = [row * 16, row * 16 + 16]
      const content = known.get(idDigests.toString('hex', from, to))
      if (content === undefined) return IN_REGISTER.nothing
      const isSame = contents?.subarray(from, to).equals(content) ?? false
      return isSame ? IN_REGISTER.same : IN_REGISTER.other
    })
  }

export type MemoryDelivery = DeliveryStore &
  TryStore & {
    upload: Upload
    all: Map<string, Batch>
    allParts: Map<string, DeliveryPart>
    cleared: Clearing
    results: RowResult[]
    register: Map<string, { contentHash: Buffer; acceptedSeq: number }>
    /** Contacts that another tenant of the list has delivered. */
    ofOthers: Set<string>
    ends: Record<JobEnd, number>
    audits: AuditEntry[]
    retryInMs: number | null
    /** The reasons that were stored for the lane's waiting, in order. */
    waits: (string | null)[]
    fence: string
    readChunk(uploadId: string, seq: number): Promise<StagedChunk>
    reads: number[]
    /** Rows of a request that may no longer be sent when its try is recorded. */
    withhold: (requestId: string) => readonly WithheldRow[]
  }

/** One upload in one lane, in memory. Follows the rules of the real store: fence, moves, sums. */
export const createMemoryDelivery = (
  chunks: readonly StagedChunk[],
  about: Partial<Upload> = {},
): MemoryDelivery => {
  const check = (claim: LaneClaim): void => {
    if (claim.fence !== store.fence) throw new FenceLost('newer fence')
  }
  const change = (changes: Partial<Upload>): Upload => {
    const to = changes.state
    if (to !== undefined && to !== store.upload.state && !canMove(store.upload.state, to)) {
      throw new Error(`no move from ${store.upload.state} to ${to}`)
    }
    store.upload = { ...store.upload, ...changes, version: store.upload.version + 1 }
    const broken = brokenSums(store.upload.counts, false)
    if (broken.length > 0) throw new Error(`broken sums: ${broken.join()}`)
    return store.upload
  }
  const checkWorking = (claim: LaneClaim): void => {
    check(claim)
    if (!(LANE_STATES as readonly string[]).includes(store.upload.state)) {
      throw new UploadMoved(store.upload.state)
    }
  }
  /** A method that begins something must not be called for an upload that is to be cancelled. */
  const checkBeginning = (claim: LaneClaim): void => {
    checkWorking(claim)
    if (store.upload.cancelRequested) throw new UploadMoved('to be cancelled')
  }
  const put = (
    uploadId: string,
    batch: Pick<Batch, 'id' | 'chunkSeq' | 'fromRow' | 'toRow' | 'sent'>,
    partId: string | null = null,
  ) =>
    store.all.set(batch.id, {
      ...batch,
      uploadId,
      partId,
      shared: false,
      state: 'intended',
      jobId: null,
      attempts: 0,
      refusals: 0,
    })
  const putPart = (uploadId: string, { batches, ...part }: NewPart): void => {
    if ([...store.allParts.values()].some(({ seq }) => seq === part.seq)) {
      throw new Error(`part ${part.seq} exists`)
    }
    const fresh = { jobId: null, attempts: 0, refusals: 0, sentAt: null }
    store.allParts.set(part.id, { ...part, ...fresh, uploadId, state: 'intended' })
    for (const batch of batches) put(uploadId, batch, part.id)
  }
  const openOf = (partId: string): Batch[] =>
    [...store.all.values()].filter(
      (batch) => batch.partId === partId && ['intended', 'sent'].includes(batch.state),
    )
  const doubt = (ids: readonly string[]): void => {
    for (const id of ids) {
      const entry = store.register.get(id)
      if (entry) store.register.set(id, { ...entry, contentHash: Buffer.alloc(0) })
    }
  }
  const store: MemoryDelivery = {
    upload: makeUpload(chunks, about),
    all: new Map(),
    allParts: new Map(),
    cleared: { state: null, sizeBefore: null, clearedSeq: 0, newerDelivered: false },
    results: [],
    register: new Map(),
    ofOthers: new Set(),
    audits: [],
    ends: { completed: 0, failed: 0, lost: 0 },
    jobEnds: async () => ({ ...store.ends }),
    retryInMs: null,
    waits: [],
    fence: '1',
    reads: [],
    withhold: () => [],
    readChunk: async (_, seq) => {
      store.reads.push(seq)
      return chunks.find((chunk) => chunk.seq === seq)!
    },
    next: async () =>
      (LANE_STATES as readonly string[]).includes(store.upload.state) ? store.upload : null,
    move: async (claim, _, to) => {
      checkBeginning(claim)
      return change({ state: to })
    },
    chunkSeqs: async () => chunks.map(({ seq }) => seq),
    batches: async () =>
      [...store.all.values()]
        .filter(({ state }) => state !== 'split')
        .toSorted((a, b) => a.chunkSeq - b.chunkSeq || a.fromRow - b.fromRow)
        .map((batch) => Object.assign({}, batch)),
    intend: async (claim, uploadId, batch, audit, overwrites = []) => {
      checkBeginning(claim)
      put(uploadId, batch)
      doubt(overwrites)
      store.audits.push(audit)
    },
    recordTry: async (claim, requestId) => {
      checkBeginning(claim)
      const withheld = store.withhold(requestId)
      if (withheld.length > 0) throw new RowsWithheld(withheld)
      const part = store.allParts.get(requestId)
      const batches = part === undefined ? [store.all.get(requestId)!] : openOf(requestId)
      for (const tried of part === undefined ? batches : [part, ...batches]) {
        tried.state = 'sent'
        tried.jobId = null
        tried.attempts += 1
      }
    },
    noteJob: async (claim, requestId, jobId) => {
      check(claim)
      const noted = store.allParts.get(requestId) ?? store.all.get(requestId)!
      Object.assign(noted, { state: 'sent', jobId })
    },
    noteRefusedTry: async (claim) => check(claim),
    noteJobEnd: async (claim) => check(claim),
    reopenDoubtful: async (claim) => check(claim),
    split: async (claim, batchId, uploadId, parts) => {
      checkBeginning(claim)
      store.all.get(batchId)!.state = 'split'
      for (const part of parts) put(uploadId, part)
    },
    parts: async () =>
      [...store.allParts.values()]
        .filter(({ state }) => state !== 'split')
        .toSorted((a, b) => a.seq - b.seq)
        .map((part) => Object.assign({}, part)),
    intendPart: async (claim, uploadId, part, audit, overwrites) => {
      checkBeginning(claim)
      putPart(uploadId, part)
      doubt(overwrites)
      store.audits.push(audit)
    },
    splitPart: async (claim, partId, uploadId, parts) => {
      checkBeginning(claim)
      store.allParts.get(partId)!.state = 'split'
      for (const batch of openOf(partId)) batch.state = 'split'
      for (const part of parts) putPart(uploadId, part)
    },
    clearing: async () => ({ ...store.cleared }),
    intendClearing: async (claim, { sizeBefore, audit }) => {
      checkBeginning(claim)
      if (store.cleared.state !== null) return
      Object.assign(store.cleared, { state: 'intended', sizeBefore })
      doubt([...store.register.keys()])
      store.audits.push(audit)
    },
    askedToClear: async (claim) => {
      check(claim)
      if (store.cleared.state === 'intended') store.cleared.state = 'asked'
    },
    recordCleared: async (claim, { audit }) => {
      check(claim)
      if (store.cleared.state === null || store.cleared.state === 'done') return
      Object.assign(store.cleared, { state: 'done', clearedSeq: store.upload.acceptedSeq })
      store.register.clear()
      store.audits.push(audit)
    },
    forgetCleared: async () => false,
    settle: async (
      claim,
      { batchId, counts, results, unnamed, ended = null, delivered, confirmed = [], audit },
    ) => {
      check(claim)
      const batch = store.all.get(batchId)!
      if (batch.state === 'settled') return store.upload
      batch.state = 'settled'
      if (ended !== null) store.ends[ended] += 1
      const part = batch.partId === null ? undefined : store.allParts.get(batch.partId)
      if (part && openOf(part.id).length === 0) part.state = 'settled'
      store.results.push(...results)
      store.audits.push(audit)
      const acceptedSeq = store.upload.acceptedSeq!
      for (const { contactId, contentHash } of delivered) {
        store.register.set(contactId, { contentHash, acceptedSeq })
      }
      for (const id of confirmed) {
        const { acceptedSeq: known, ...entry } = store.register.get(id)!
        store.register.set(id, { ...entry, acceptedSeq: Math.max(known, acceptedSeq) })
      }
      const sums = { ...store.upload.counts }
      for (const name of ['delivered', 'unchanged', 'failed', 'unprocessed'] as const) {
        sums[name] += counts[name]
      }
      const before = store.upload.unnamed
      return change({
        counts: sums,
        unnamed: {
          unidentified: before.unidentified + (unnamed?.unidentified ?? 0),
          unattributed: before.unattributed + (unnamed?.unattributed ?? 0),
        },
      })
    },
    finish: async (claim, { state, problem, audit, alsoAudit = [] }) => {
      if (state === 'cancelled') checkWorking(claim)
      else checkBeginning(claim)
      store.audits.push(audit, ...alsoAudit)
      const counts = { ...store.upload.counts }
      counts.unprocessed = counts.accepted - counts.delivered - counts.unchanged - counts.failed
      return change({ state, problem, counts })
    },
    noteWait: async (_, reason) => void store.waits.push(reason),
    hold: async (claim, { reason, retryInMs, problem = null, audit }) => {
      if (reason === 'genesys_unavailable') checkWorking(claim)
      else checkBeginning(claim)
      store.audits.push(audit)
      store.retryInMs = retryInMs
      return change({ state: 'held', hold: { reason, since: '2026-03-01T12:00:00Z' }, problem })
    },
    registered: async (_, __, ids) => ({
      known: new Map(
        ids.flatMap((id) => (store.register.has(id) ? [[id, store.register.get(id)!]] : [])),
      ),
      ofOthers: new Map(ids.filter((id) => store.ofOthers.has(id)).map((id) => [id, 0])),
    }),
    openComparison: (...asked) => compareWith(store.register)(...asked),
    deliveredByRetries: async () => new Set(),
    registerSize: async () => store.register.size,
    knowsMore: async (_list, size) => store.register.size > size,
  }
  return store
}
