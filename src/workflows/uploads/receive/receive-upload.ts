import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import {
  type ChosenQueue,
  chooseQueue,
  queueOfFile,
} from '../../../domain/contact-lists/queue-options.ts'
import { GatewayProblem, PROBLEMS } from '../../../domain/problems/problem.ts'
import type { IntakeSpec } from '../../../intake/contract.ts'
import { FileRefused } from '../../../intake/contract.ts'
import { UNBOUNDED, type UploadRoom } from '../../access/count-use.ts'
import type { ReceiveUpload, UploadAnswer, UploadRequest } from '../../contract.ts'
import { checkNotBefore, checkNotPast } from './check-not-before.ts'
import { checkDelivery, checkListTakes } from './choose-delivery.ts'
import { checkOverwrite } from './confirm-overwrite.ts'
import { lostAs } from './given-up.ts'
import { claimKey, releaseClaim } from './idempotency-claim.ts'
import { createSharedReads, FRESH_MS, readContext, readListSchema } from './list-schema.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import {
  answeredBefore,
  isWhole,
  readWhole,
  receiveSmall,
  type WholeUpload,
} from './receive-small.ts'
import { replayAnswer } from './replay-answer.ts'
import { hashBody } from './request-fingerprint.ts'
import { stageUpload } from './stage-upload.ts'
import { validateUpload } from './validate-upload.ts'

/**
 * Accepts one upload. Claims its key, reads the list's columns, checks and stages the rows while
 * they stream in, and answers 202 when all of this is durable. A small upload is first read and
 * checked. Then its key is claimed and its rows are staged, in one step. If the call fails before
 * the rows are durable, they are discarded and the key is free again. With `validateOnly`, only
 * checks the rows and answers 200.
 */
export const createReceiveUpload = (deps: ReceiveDeps): ReceiveUpload => {
  const schemaFor = createSchemaFor(deps)
  const receiveWhole = createReceiveWhole(deps, schemaFor)
  return async (given) => {
    const asked = { ...given, queue: await queueOf(deps, given) }
    deps.extendList.check(asked)
    checkCsvOptions(asked)
    checkOverwrite(asked)
    checkNotBefore(asked.options, deps.clock.now())
    checkDelivery(deps, asked)
    if (asked.validateOnly) {
      checkNotPast(asked.options, deps.clock.now())
      const spec = specOf(deps, asked, await schemaFor(asked))
      return translated(() => validateUpload(deps, asked, spec))
    }
    const request = await readWhole(deps, asked)
    if (isWhole(request)) {
      const before = answeredBefore(deps, request)
      if (before !== null) return before
      const answer = await receiveWhole(request)
      if (answer !== null) return answer
    }
    const scope = { ...claimScope(request), owner: `${deps.owner}:${deps.ids.newUuid()}` }
    const done = await claimKey(deps, scope)
    if (done !== null) {
      return replayAnswer(deps, request, done, await hashBody(request.body, deps.intake.maxBytes))
    }
    try {
      checkNotPast(request.options, deps.clock.now())
      const list = await schemaFor(request)
      return await inRoom(deps, request, list, (room, spec) =>
        stageUpload(deps, request, spec, scope, room),
      )
    } catch (error) {
      await releaseClaim(deps, scope)
      throw error
    }
  }
}

type SchemaFor = (request: UploadRequest) => Promise<ContactList>

const createSchemaFor = (deps: ReceiveDeps): SchemaFor => {
  const signal = deps.signal ?? new AbortController().signal
  const readShared = createSharedReads(deps)
  return async (request) => {
    const context = readContext(request.caller.tenantId, signal)
    const { contactListId, doorway } = request
    const list = isPlanned(request)
      ? (await readListSchema(deps, contactListId, context, 0)).list
      : await readShared(contactListId, context, doorway?.list)
    checkListTakes(deps, request, list)
    return list
  }
}

/**
 * Receives small uploads. While Genesys accepts rows with the columns of an older reading of the
 * list, the upload uses that reading. If the columns of that reading lead to a refusal, the upload
 * is checked again with a new reading.
 */
const createReceiveWhole =
  (deps: ReceiveDeps, schemaFor: SchemaFor) =>
  async (request: WholeUpload): Promise<UploadAnswer | null> => {
    const receive = (list: ContactList) =>
      inRoom(deps, request, list, (room, spec) => receiveSmall(deps, request, list, spec, room))
    const proven = provenList(request)
    if (proven !== null) {
      try {
        checkListTakes(deps, request, proven)
        return await receive(proven)
      } catch (error) {
        if (!isOfColumns(error)) throw error
      }
    }
    return receive(await schemaFor(request))
  }

/**
 * The queue options are decided once, so that plan, answer and delivery agree. In the platform
 * dialect, the method is known before the rows are: `auto` never sends files there.
 */
const queueOf = async (
  { contactLists, settings }: ReceiveDeps,
  { caller, contactListId, options, doorway }: UploadRequest,
): Promise<ChosenQueue | null> => {
  if (contactLists.dialect !== 'platform') return null
  const ofList = doorway?.queue ?? (await settings.read(caller.tenantId, contactListId)).queue
  const chosen = chooseQueue(options, ofList)
  return options.delivery === 'file' ? queueOfFile(chosen) : chosen
}

/**
 * Whether the list must be read now. A plan compares the size of the list with the register. If the
 * size was read earlier, contacts delivered since then would seem to be lost.
 */
const isPlanned = ({ validateOnly, options }: UploadRequest): boolean =>
  validateOnly || options.apply === 'manual'

/**
 * The stored reading of the list, if it is older than a minute, but proven: within the last minute,
 * Genesys has accepted rows with these columns. null: the list must be read, or the stored reading
 * is fresh. If `schemaDrift` is not `reject`, a stored reading older than a minute is never used.
 */
const provenList = ({ doorway, options }: WholeUpload): ContactList | null => {
  const seen = doorway.list
  if (seen === null || seen.ageMs < FRESH_MS || seen.provenMs >= FRESH_MS) return null
  return options.schemaDrift === 'reject' ? seen.list : null
}

/** Whether a refusal may be due to an outdated reading of the list's columns. */
const isOfColumns = (error: unknown): boolean =>
  error instanceof GatewayProblem && [400, 422].includes(PROBLEMS[error.code].status)

/** Refuses the options that have an effect only in CSV. In JSON, the keys are the columns. */
const checkCsvOptions = ({ options, format }: UploadRequest): void => {
  if (format === 'csv') return
  if (!options.hasHeader) {
    const detail = 'hasHeader=false works only with CSV. In JSON, the keys are the columns.'
    throw new GatewayProblem('option-invalid', detail, { options: ['hasHeader'] })
  }
  if (options.delimiter !== undefined) {
    const detail = `delimiter works only with CSV, but the file is ${format}.`
    throw new GatewayProblem('option-invalid', detail, { options: ['delimiter'] })
  }
}

const claimScope = (request: UploadRequest) => {
  if (request.idempotencyKey === null) {
    throw new GatewayProblem('idempotency-key-missing', 'An upload needs an Idempotency-Key.')
  }
  const { method, path, idempotencyKey: key, contactListId: objectId } = request
  const { tenantId, keyId } = request.caller
  return { tenantId, method, path, key, right: { keyId, kind: 'contact_list', objectId } as const }
}

const specOf = (deps: ReceiveDeps, request: UploadRequest, list: ContactList): IntakeSpec => {
  const { format, fileName, options } = request
  const { limits } = deps.contactLists
  const steps = request.steps({ options, limits })
  return { ...deps.intake, format, fileName, options, list, limits, steps }
}

/**
 * Runs the work within the quotas of the tenant. If the work stages no upload, nothing counts
 * against the quotas.
 */
const inRoom = async <Answer extends UploadAnswer | null>(
  deps: ReceiveDeps,
  request: UploadRequest,
  list: ContactList,
  work: (room: UploadRoom, spec: IntakeSpec) => Promise<Answer>,
): Promise<Answer> => {
  const room = (await deps.countUse?.upload(request.caller.tenantId)) ?? UNBOUNDED
  const spec = specOf(deps, request, list)
  const maxRows = Math.min(spec.maxRows, room.rowsLeft)
  try {
    const answer = await translated(() => work(room, { ...spec, maxRows }))
    if (answer === null || answer.replayed) room.giveBack()
    return answer
  } catch (error) {
    room.giveBack()
    // If the quota is lower than the configured number of rows, the caller gets the error of the
    // quota.
    throw isOverRows(error) && maxRows < spec.maxRows ? room.overRows() : error
  }
}

const isOverRows = (error: unknown): boolean =>
  error instanceof GatewayProblem && error.code === 'upload-too-many-rows'

const translated = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FileRefused)
      throw new GatewayProblem(error.code, error.message, error.about)
    const detail =
      'While the gateway was receiving the upload, the database did not answer in time. The gateway dropped the upload.'
    throw lostAs(error, detail)
  }
}
