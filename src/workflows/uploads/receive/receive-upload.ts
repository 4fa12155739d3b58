import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { type ChosenQueue, chooseQueue } from '../../../domain/contact-lists/queue-options.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { IntakeSpec } from '../../../intake/contract.ts'
import { FileRefused } from '../../../intake/contract.ts'
import { UNBOUNDED, type UploadRoom } from '../../access/count-use.ts'
import type { ReceiveUpload, UploadAnswer, UploadRequest } from '../../contract.ts'
import { checkNotBefore, checkNotPast } from './check-not-before.ts'
import { checkDelivery, checkListTakes } from './choose-delivery.ts'
import { checkOverwrite } from './confirm-overwrite.ts'
import { lostAs } from './given-up.ts'
import { claimKey, releaseClaim } from './idempotency-claim.ts'
import { FRESH_MS, readContext, readListSchema } from './list-schema.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import { answeredBefore, isWhole, readWhole, receiveSmall } from './receive-small.ts'
import { replayAnswer } from './replay-answer.ts'
import { hashBody } from './request-fingerprint.ts'
import { stageUpload } from './stage-upload.ts'
import { validateUpload } from './validate-upload.ts'

/**
 * Accepts one upload. Claims its key, reads the list's columns, checks and stages the rows while
 * they stream in, and answers 202 when all of it is durable. A failure before leaves nothing
 * behind: no rows and no claim.
 */
export const createReceiveUpload = (deps: ReceiveDeps): ReceiveUpload => {
  const signal = deps.signal ?? new AbortController().signal
  const schemaFor = async (request: UploadRequest): Promise<ContactList> => {
    const context = readContext(request.caller.tenantId, signal)
    const freshMs = isPlanned(request) ? 0 : FRESH_MS
    const cached = request.doorway?.list
    const { list } = await readListSchema(deps, request.contactListId, context, freshMs, cached)
    checkListTakes(deps, request, list)
    return list
  }
  return async (given) => {
    const asked = { ...given, queue: await queueOf(deps, given) }
    deps.extendList.check(asked)
    checkHeader(asked)
    checkOverwrite(asked)
    checkNotBefore(asked.options, deps.clock.now())
    checkDelivery(deps, asked)
    if (asked.validateOnly) {
      checkNotPast(asked.options, deps.clock.now())
      const spec = specOf(deps, asked, await schemaFor(asked))
      return translated(() => validateUpload(deps, asked, spec))
    }
    const request = await readWhole(asked)
    if (isWhole(request)) {
      const before = answeredBefore(deps, request)
      if (before !== null) return before
      const list = await schemaFor(request)
      const answer = await inRoom(deps, request, list, (room, spec) =>
        receiveSmall(deps, request, list, spec, room),
      )
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

/** Decided once, so that plan, answer and delivery go by the same. */
const queueOf = async (
  { contactLists, settings }: ReceiveDeps,
  { caller, contactListId, options, doorway }: UploadRequest,
): Promise<ChosenQueue | null> => {
  if (contactLists.dialect !== 'platform') return null
  const ofList = doorway?.queue ?? (await settings.read(caller.tenantId, contactListId)).queue
  return chooseQueue(options, ofList)
}

/**
 * A plan compares the list's size with the present register: with an older size, known contents
 * would seem lost.
 */
const isPlanned = ({ validateOnly, options }: UploadRequest): boolean =>
  validateOnly || options.apply === 'manual'

/** The keys of JSON are its columns. */
const checkHeader = ({ options, format }: UploadRequest): void => {
  if (options.hasHeader || format === 'csv') return
  const detail = 'hasHeader=false is for CSV only. In JSON the keys are the columns.'
  throw new GatewayProblem('option-invalid', detail, { options: ['hasHeader'] })
}

const claimScope = (request: UploadRequest) => {
  if (request.idempotencyKey === null) {
    throw new GatewayProblem('idempotency-key-missing', 'An upload needs an Idempotency-Key.')
  }
  const { method, path, idempotencyKey: key } = request
  return { tenantId: request.caller.tenantId, method, path, key }
}

const specOf = (deps: ReceiveDeps, request: UploadRequest, list: ContactList): IntakeSpec => {
  const { format, fileName, options } = request
  const { limits } = deps.contactLists
  const steps = request.steps({ options, limits })
  return { ...deps.intake, format, fileName, options, list, limits, steps }
}

/** Works with what the quotas of the tenant leave; a failed upload uses nothing of them. */
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
    // Where it was the quota that the file went over, and not the configuration, that is what it
    // hears.
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
      'The upload was given up while it was received, because the database did not answer in time.'
    throw lostAs(error, detail)
  }
}
