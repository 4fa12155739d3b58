import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { IdempotencyStore, UploadStore } from '../../../src/workflows/ports/uploads/uploads.ts'
import { makeUpload } from './made-uploads.ts'

type Claim = { owner: string; done: { fingerprint: string; status: number; body: string } | null }

export type MemoryUploads = Pick<
  UploadStore,
  'begin' | 'touch' | 'appendChunks' | 'idDigests' | 'stage' | 'discard' | 'control'
> & {
  receiving: Map<string, NewChunk[]>
  staged: Map<string, Upload>
  audits: AuditEntry[]
  inserts: number[]
  underWay: number
  mostUnderWay: number
  onAppend: () => Promise<void>
  touches: number
}

/**
 * Uploads and idempotency keys in memory. Staging stores the answer of the claim, as the real store
 * does in one transaction.
 */
export const createMemoryUploads = () => {
  const claims = new Map<string, Claim>()
  const uploads: MemoryUploads = {
    receiving: new Map(),
    staged: new Map(),
    audits: [],
    inserts: [],
    underWay: 0,
    mostUnderWay: 0,
    touches: 0,
    onAppend: async () => undefined,
    begin: async ({ id }) => void uploads.receiving.set(id, []),
    touch: async (id) => {
      uploads.touches += 1
      return uploads.receiving.has(id)
    },
    appendChunks: async (id, chunks) => {
      uploads.underWay += 1
      uploads.mostUnderWay = Math.max(uploads.mostUnderWay, uploads.underWay)
      await uploads.onAppend()
      uploads.underWay -= 1
      uploads.inserts.push(chunks.length)
      uploads.receiving.get(id)!.push(...chunks)
    },
    idDigests: async function* (id) {
      for (const chunk of uploads.receiving.get(id) ?? []) yield chunk.idDigests
    },
    stage: async (input) => {
      const { counts, source, planDigest } = input
      const upload = makeUpload([], { id: input.uploadId, counts, source, planDigest })
      const answer = input.answer(upload)
      uploads.receiving.delete(input.uploadId)
      uploads.staged.set(input.uploadId, upload)
      uploads.audits.push(input.audit)
      const claim = claims.get(input.claim.key)!
      claim.done = { fingerprint: input.claim.fingerprint, ...answer }
      return { upload, answer }
    },
    discard: async (id) => void uploads.receiving.delete(id),
    control: async ({ uploadId, audit }) => {
      const upload = uploads.staged.get(uploadId)
      if (upload === undefined) return null
      if (upload.state !== 'staged') return { kind: 'refused', state: upload.state }
      const changed: Upload = { ...upload, state: 'cancelled' }
      uploads.staged.set(uploadId, changed)
      uploads.audits.push(audit)
      return { kind: 'done', upload: changed, unsettled: changed.counts.accepted }
    },
  }
  const idempotency: IdempotencyStore = {
    claim: async ({ key, owner }) => {
      const claim = claims.get(key)
      if (claim === undefined) {
        claims.set(key, { owner, done: null })
        return { kind: 'claimed' }
      }
      return claim.done ? { kind: 'done', location: null, ...claim.done } : { kind: 'in_progress' }
    },
    keepAlive: async () => undefined,
    release: async ({ key }) => {
      if (claims.get(key)?.done === null) claims.delete(key)
    },
  }
  const register = new Map<string, { contentHash: Buffer; acceptedSeq: number }>()
  return { uploads, idempotency, claims, register }
}
