import type { Caller } from '../../domain/access/access.ts'
import { type AuditEntry, byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import {
  hasColumns,
  type NewContactListPlan,
  settingsBeyond,
} from '../../domain/contact-lists/new-contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { UploadAnswer } from '../contract.ts'
import type { AccessStore } from '../ports/access/access.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ProvisioningPort, ProvisioningStore } from '../ports/contact-lists/provisioning.ts'
import type { CallContext, ContactListPort } from '../ports/genesys/genesys.ts'
import { answerOnce, keepingClaim, type AnswerOnceDeps } from '../uploads/receive/answer-once.ts'
import type { ClaimScope } from '../uploads/receive/idempotency-claim.ts'
import { readContext, refusedByGenesys, unavailable } from '../uploads/receive/list-schema.ts'
import { ambiguous, findMadeList } from './find-made-list.ts'
import type { PROVISION_REFUSALS } from './refusals.ts'

export type ProvisionRequest = {
  caller: Caller
  plan: NewContactListPlan
  idempotencyKey: string
  method: string
  path: string
}

export type ProvisionContactList = Refusing<
  (typeof PROVISION_REFUSALS)[number],
  (request: ProvisionRequest) => Promise<UploadAnswer>
>

export type ProvisionDeps = AnswerOnceDeps & {
  provisioning: Pick<ProvisioningPort, 'createContactList' | 'findByName'>
  contactLists: Pick<ContactListPort, 'dialect' | 'readContactList'>
  made: ProvisioningStore
  access: Pick<AccessStore, 'isGranted'>
  lists: ListCache
  /**
   * Renders the list as callers see it. The result is stored with the idempotency key and replayed.
   */
  renderList: (list: ContactList, plan: NewContactListPlan) => object
  emit: Emit
  /** Ends the waiting when this instance stops. A later call with the same key continues. */
  signal?: AbortSignal
}

/**
 * The wait before a new list is read for the first time. Right after the creation, Genesys would
 * still refuse a bulk call for the list [guide-api: Contact lists].
 */
const FIRST_LOOK_MS = 500
const LONGEST_LOOK_MS = 5_000
/** Genesys indexes a new list for up to 30 s [guide-api: Errors and retries]. */
const PROVISIONING_MS = 30_000
const DUPLICATE_NAME = 'duplicate.name'
const STOPPING_RETRY_SECONDS = 5
const REUSED = 'This Idempotency-Key was used for a different list.'
const NOT_NOW = 'Genesys does not accept a new list at present. Nothing was made.'
const NOT_KNOWN =
  'Genesys did not answer, and no list has this name yet. Send the call again with the same Idempotency-Key. The gateway then searches for the list before it makes one.'

/** One creation that is running. */
type Run = {
  request: ProvisionRequest
  scope: ClaimScope
  fingerprint: string
  context: CallContext
}
type Made = { list: ContactList; outcome: 'created' | 'found' }

/**
 * Makes a contact list in Genesys. Answers 201 as soon as the list accepts contacts or is in error.
 * After 30 s, answers 201 with the list in its current state. A call with the same idempotency key
 * makes no second list, because the intent is stored first. After a lost answer or a crash, the
 * gateway first searches for the list by its name. Throws `capability-not-available` if the dialect
 * does not have an option of the plan.
 */
export const createProvisionContactList =
  (deps: ProvisionDeps): ProvisionContactList =>
  async (request) => {
    refuseUnknownSettings(deps, request.plan)
    const { tenantId } = request.caller
    const { method, path, idempotencyKey: key } = request
    const fingerprint = sha256Hex(canonicalJson(request.plan))
    const call = { tenantId, method, path, key, fingerprint: () => fingerprint, reused: REUSED }
    return answerOnce(deps, call, async (scope) => {
      const context = readContext(tenantId, deps.signal ?? new AbortController().signal)
      try {
        return await keepingClaim(deps, scope, () =>
          provision(deps, { request, scope, fingerprint, context }),
        )
      } catch (error) {
        throw deps.signal?.aborted ? stopping() : problemOfCreation(error)
      }
    })
  }

const refuseUnknownSettings = (deps: ProvisionDeps, plan: NewContactListPlan): void => {
  const { dialect } = deps.contactLists
  const fields = settingsBeyond(dialect, plan)
  if (fields.length === 0) return
  const detail = `Lists of the ${dialect} dialect do not have these settings: ${fields.join(', ')}.`
  throw new GatewayProblem('capability-not-available', detail, { fields })
}

const provision = async (deps: ProvisionDeps, run: Run): Promise<UploadAnswer> => {
  const { request, scope, fingerprint, context } = run
  const { plan, caller } = request
  const startedMs = deps.clock.monotonicMs()
  const { list: made, outcome } = await makeOrFind(deps, run)
  const list = await untilReady(deps, made, plan, context)
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
  const location = `/v1/contact-lists/${encodeURIComponent(list.id)}`
  const answer = { status: 201, body: JSON.stringify(deps.renderList(list, plan)), location }
  const audit = auditOf(deps, run, { object: list.id, outcome: 'ok', latencyMs: durationMs })
  const listId = list.id
  const about = { scope, owner: scope.owner, fingerprint, listId, answer, audit }
  const end = await deps.made.finish(about)
  if (end === 'taken') throw ambiguous(1)
  if (end === 'claim_lost') {
    const detail = 'The call was interrupted. Send it again with the same Idempotency-Key.'
    throw new GatewayProblem('database-unavailable', detail, {}, 1)
  }
  await deps.lists.put(list)
  const { tenantId, requestId } = caller
  const told = { tenantId, requestId, contactListId: listId, outcome, status: list.status }
  deps.emit('list.provisioned', { ...told, durationMs })
  return { ...answer, replayed: false }
}

/** The list of this call. It is made now, or found if an earlier try made it. */
const makeOrFind = async (deps: ProvisionDeps, run: Run): Promise<Made> => {
  const prior = await deps.made.intentOf(run.scope)
  if (prior === null) {
    await refuseKnownName(deps, run)
    return create(deps, run, false)
  }
  if (prior.fingerprint !== run.fingerprint) {
    throw new GatewayProblem('idempotency-key-reused', REUSED)
  }
  if (prior.listId !== null) return { list: await known(deps, run, prior.listId), outcome: 'found' }
  const lookForMs = Math.max(0, PROVISIONING_MS - prior.ageMs)
  const found = await findMadeList(deps, run.request.plan, run.context, lookForMs)
  return found === null ? create(deps, run, true) : { list: found, outcome: 'found' }
}

/**
 * Refuses a name that a list in Genesys already has. If two lists had the same name, a later search
 * could not find out which call made which list.
 */
const refuseKnownName = async (deps: ProvisionDeps, { request, context }: Run): Promise<void> => {
  const named = await deps.provisioning.findByName(request.plan.name, context)
  const granted: string[] = []
  for (const { id } of named) {
    if (await deps.access.isGranted(context.tenantId, 'contact_list', id)) granted.push(id)
  }
  if (named.length > 0) throw nameExists(granted[0])
}

/** The list that an earlier try of this call made. It exists, even if it cannot be read yet. */
const known = async (
  deps: ProvisionDeps,
  { request: { plan }, context }: Run,
  listId: string,
): Promise<ContactList> => {
  try {
    return await deps.contactLists.readContactList(listId, context)
  } catch (error) {
    if (!(error instanceof GenesysFailure) || error.kind !== 'not_found') throw error
    return {
      ...{ id: listId, name: plan.name, status: 'processing', schemaVersion: '', size: 0 },
      columns: [...plan.columns],
    }
  }
}

/**
 * Makes one attempt. If the outcome does not show whether the list was made, searches for the list.
 * Also searches if Genesys answers that the name is taken, and an earlier try of this call may have
 * made the list (`again`). After any other failure, no list was made, and the intent is removed.
 */
const create = async (deps: ProvisionDeps, run: Run, again: boolean): Promise<Made> => {
  const intended = auditOf(deps, run, { object: run.fingerprint, outcome: 'intended' })
  await deps.made.intend(run.scope, run.fingerprint, intended)
  try {
    const list = await deps.provisioning.createContactList(run.request.plan, run.context)
    await deps.made.noteMade(run.scope, list.id)
    return { list, outcome: 'created' }
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    if (!isOpen(error) && !(again && error.upstreamCode === DUPLICATE_NAME)) {
      const failed = auditOf(deps, run, { object: run.fingerprint, outcome: 'failed' })
      await deps.made.forget(run.scope, failed)
      throw error
    }
    const found = await findMadeList(deps, run.request.plan, run.context, PROVISIONING_MS)
    if (found !== null) return { list: found, outcome: 'found' }
    throw error
  }
}

/** Whether Genesys may have carried out the request although the call failed. */
const isOpen = (failure: GenesysFailure): boolean =>
  failure.kind === 'unavailable' || failure.kind === 'malformed_answer'

/**
 * Waits until the list is ready with all its columns, for at most 30 s. If the time is over or the
 * list is in error, returns the list as last read.
 */
const untilReady = async (
  deps: ProvisionDeps,
  made: ContactList,
  plan: NewContactListPlan,
  context: CallContext,
): Promise<ContactList> => {
  const { clock } = deps
  const endMs = clock.monotonicMs() + PROVISIONING_MS
  let list: ContactList = { ...made, status: 'processing' }
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS)) {
    await clock.sleep(waitMs, context.signal)
    try {
      list = await deps.contactLists.readContactList(made.id, context)
    } catch (error) {
      // The list exists, so a failure to read it now must not make the call fail.
      if (!(error instanceof GenesysFailure)) throw error
    }
    if (list.status === 'error' || (list.status === 'ready' && hasColumns(list, plan))) return list
    if (clock.monotonicMs() + waitMs >= endMs) return list
  }
}

const stopping = (): GatewayProblem =>
  new GatewayProblem('service-stopping', 'This instance is stopping.', {}, STOPPING_RETRY_SECONDS)

const nameExists = (contactListId: string | undefined): GatewayProblem => {
  const about = contactListId === undefined ? {} : { contactListId }
  return new GatewayProblem('contact-list-exists', 'Genesys has a list with this name.', about)
}

const problemOfCreation = (error: unknown): unknown => {
  if (!(error instanceof GenesysFailure)) return error
  if (error.upstreamCode === DUPLICATE_NAME) return nameExists(undefined)
  if (error.retry === 'later') return unavailable(error, isOpen(error) ? NOT_KNOWN : NOT_NOW)
  return refusedByGenesys(error, 'Genesys refused to make the contact list.')
}

const auditOf = (
  deps: ProvisionDeps,
  { request: { caller }, fingerprint }: Run,
  about: { object: string; outcome: AuditEntry['outcome']; latencyMs?: number },
): AuditEntry =>
  createAuditEntry(deps.ids, byCaller(caller), {
    action: 'list.provisioned',
    digest: fingerprint,
    ...about,
  })
