import { packSuppressed } from '../../../domain/do-not-call/suppression.ts'
import { packSubjects } from '../../../domain/uploads/chunk.ts'
import { brokenSums, type Upload } from '../../../domain/uploads/upload.ts'
import type { Clock } from '../../../lib/clock.ts'
import { newKey, sealingKey } from '../../../lib/envelope.ts'
import { bytesOf } from '../../../lib/memory-bytes.ts'
import { createGatherer } from '../../../lib/waiting/gather.ts'
import type {
  SmallUpload,
  SmallUploadStore,
  StoredAnswer,
} from '../../../workflows/ports/uploads/small-uploads.ts'
import { auditColumns } from '../../audit/audit-store.ts'
import { createEnsureRegister } from '../../delivery/register.ts'
import type { Database } from '../../homes/database.ts'
import { keptStatement, runKept } from '../../homes/kept-statements.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import { createEncodeChunk, type EncodeChunk } from '../chunk-codec.ts'
import { keyContext } from '../data-keys.ts'
import { namelessSource } from '../source-columns.ts'
import { type AnswerColumns, openAnswer, sealSplitAnswer } from '../stored-answer.ts'
import { restUnderLoad } from './rest-under-load.ts'
import { aroundSameFile, stagedSmallUpload } from './small-upload-row.ts'
import { parametersOf, type Pieces, STAGE, type StagedValues } from './stage-statement.ts'

type StagedRow = {
  place: number
  accepted_seq: string | null
  same_file_as: string | null
  has_right: boolean
}

const AT_ONCE = 64
/**
 * A statement costs the database as much as four or five uploads, however many it writes. With 300
 * uploads a second, this wait lets about 16 share one statement.
 */
const GATHERED = { ms: 50, enough: 16 }
const NOTHING = Buffer.alloc(0)

/** An upload that is ready to be written, and the values to write. */
type Ready = {
  upload: Upload
  answer: { status: number; body: string }
  answerOf: (upload: Upload) => { status: number; body: string }
  laneKey: string
  values: StagedValues
  pieces: Pieces
}

const readyOf = async (
  { keyring, seals }: Secrets,
  encodeChunk: EncodeChunk,
  small: SmallUpload,
): Promise<Ready> => {
  const { begun, staging, chunk, at } = small
  const broken = brokenSums(staging.counts, false)
  if (broken.length > 0) {
    throw new Error(`Upload ${begun.id}: rows do not add up (${broken.join(', ')})`)
  }
  const dataKey = newKey()
  const wrapped = keyring.seal(keyContext(begun.id), dataKey)
  const payload = await encodeChunk(sealingKey(dataKey), begun.id, chunk)
  const { row, upload } = stagedSmallUpload(small)
  const answer = staging.answer(upload)
  const { claim } = staging
  const scope = { tenantId: staging.tenantId, ...claim }
  const parts = aroundSameFile(answer.body, staging.answer, upload)
  const { fileName } = staging.source
  const name = fileName === null ? null : seals.sealFileName(begun.id, fileName)
  return {
    upload,
    answer,
    answerOf: staging.answer,
    laneKey: begun.laneKey,
    values: {
      ...row,
      source: namelessSource(staging.source),
      at,
      data_key_id: wrapped.keyId,
      claim_method: claim.method,
      claim_path: claim.path,
      claim_key: seals.keyDigest(claim.key).toString('hex'),
      fingerprint: claim.fingerprint,
      key_id: claim.right?.keyId ?? null,
      status: answer.status,
      first_line: chunk.firstLine,
      last_line: chunk.lastLine,
      accepted: chunk.lines.length,
      audit: auditColumns(staging.audit),
    },
    pieces: {
      data_key: wrapped.sealed,
      file_name: name?.sealed ?? NOTHING,
      file_name_digest: name?.digest ?? NOTHING,
      sealed: seals.sealAnswer(scope, answer.body),
      sealed_same: sealSplitAnswer(seals, scope, parts),
      payload,
      left_out: staging.leftOut.get(0) ?? NOTHING,
      replaced_by: bytesOf(staging.replacedBy.get(0) ?? new Uint32Array()),
      id_digests: chunk.idDigests,
      subjects: packSubjects(chunk),
      suppressed: packSuppressed(staging.suppressed.get(0) ?? []),
    },
  }
}

/** null: another call has claimed the key. */
type Staged = { acceptedSeq: number; sameFileAs: string | null } | 'right_lost' | null

const write =
  ({ db }: Database) =>
  async (all: readonly Ready[]): Promise<Staged[]> => {
    const rows = await runKept<StagedRow>(db, STAGE, parametersOf(all))
    return rows.map(({ accepted_seq: seq, same_file_as: sameFileAs, has_right: hasRight }) => {
      if (!hasRight) return 'right_lost'
      return seq === null ? null : { acceptedSeq: Number(seq), sameFileAs }
    })
  }

/**
 * Writes uploads. Each upload locks its lane's row, so uploads of one lane could only be committed
 * one after the other. The uploads that arrive during one commit therefore share the next commit.
 * Lanes do not wait for each other, except on the embedded home, which has one connection.
 */
const createWrites = (database: Database, clock: Pick<Clock, 'sleep'>) => {
  const rest = restUnderLoad(clock, GATHERED)
  const gatherer = (idle?: () => void) =>
    createGatherer(write(database), AT_ONCE, { rest, ...(idle && { idle }) })
  if (database.kind === 'embedded') return gatherer()
  const lanes = new Map<string, (ready: Ready) => Promise<Staged>>()
  return (ready: Ready): Promise<Staged> => {
    const { laneKey } = ready
    // A lane is forgotten after its rest, and not when its uploads are answered. Otherwise the next
    // upload would not wait for the others.
    const stage = lanes.get(laneKey) ?? gatherer(() => lanes.delete(laneKey))
    lanes.set(laneKey, stage)
    return stage(ready)
  }
}

type AnswerRow = Omit<StoredAnswer, 'body'> & AnswerColumns & { state: 'claimed' | 'done' }

const ANSWER =
  keptStatement(`select state, fingerprint, status, sealed_body, same_file_as, location from idempotency_key
  where tenant_id = $1 and method = $2 and path = $3 and key_digest = $4`)

const answerOfOther = async (
  { db }: Database,
  seals: Seals,
  { staging: { tenantId, claim } }: SmallUpload,
): Promise<Awaited<ReturnType<SmallUploadStore['stage']>>> => {
  const scope = [tenantId, claim.method, claim.path, seals.keyDigest(claim.key)]
  const [row] = await runKept<AnswerRow>(db, ANSWER, scope)
  // If the claim was released between the two statements, or is not answered yet, the caller tries
  // again.
  if (row?.state !== 'done') return { kind: 'in_progress' }
  const { fingerprint, status, location } = row
  const body = openAnswer(seals, { tenantId, ...claim }, row)
  return { kind: 'done', fingerprint, status, body, location }
}

type Secrets = { keyring: Keyring; seals: Seals }

/**
 * Implements `SmallUploadStore.stage`. If the statement that several uploads share fails, it fails
 * for all of them. Throws a plain error (a bug) if the counts of rows do not add up.
 */
export const createStageSmall = (
  deps: { database: Database; clock: Pick<Clock, 'sleep'> } & Secrets,
): SmallUploadStore['stage'] => {
  const encodeChunk = createEncodeChunk()
  const stage = createWrites(deps.database, deps.clock)
  const ensureRegister = createEnsureRegister(deps.database.db)
  return async (small) => {
    await ensureRegister(small.begun.tenantId, small.begun.contactListId)
    const ready = await readyOf(deps, encodeChunk, small)
    const staged = await stage(ready)
    if (staged === 'right_lost') return { kind: 'right_lost' }
    if (staged === null) return answerOfOther(deps.database, deps.seals, small)
    const { acceptedSeq, sameFileAs } = staged
    const upload = { ...ready.upload, acceptedSeq, contentSeq: acceptedSeq, sameFileAs }
    return {
      kind: 'staged',
      upload,
      answer: sameFileAs === null ? ready.answer : ready.answerOf(upload),
    }
  }
}
