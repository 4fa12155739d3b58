import { hasScope } from '../../domain/access/access.ts'
import { type AuditEntry, byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { ContactList, ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { listChangesOf, rowsStillFit } from '../../domain/contact-lists/list-changes.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { IntakeResult } from '../../intake/contract.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { UploadRequest } from '../contract.ts'
import type { AuditStore } from '../ports/audit/audit.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ProvisioningPort } from '../ports/contact-lists/provisioning.ts'
import type { CallContext, ContactListPort } from '../ports/genesys/genesys.ts'
import { problemOfRefusal, readContext, unavailable } from '../uploads/receive/list-schema.ts'

/** A changed list is ready again within 30 s [guide-api: Contact lists]. */
const READY_WITHIN_MS = 30_000
const FIRST_LOOK_MS = 500
const LONGEST_LOOK_MS = 5_000

export type ExtendListDeps = {
  provisioning: Pick<ProvisioningPort, 'addColumns'>
  contactLists: Pick<ContactListPort, 'readContactList'>
  lists: ListCache
  audit: AuditStore
  clock: Clock
  ids: Ids
  emit: Emit
  signal: AbortSignal
}

export type ExtendList = {
  /**
   * Before anything is read, refuses `schemaDrift=extend` in three cases. `scope-missing`: the key
   * lacks the scope `lists`. `capability-not-available`: the dialect cannot add columns.
   * `option-invalid`: `apply` is not `auto`.
   */
  check(request: Pick<UploadRequest, 'caller' | 'options'>): void
  /**
   * Adds to the list the columns that only the file has. Waits at most 30 s until Genesys shows
   * that the list is ready and has all of these columns. Returns the list as Genesys then shows it.
   * If there are no such columns or no row to send, changes nothing and returns the given list. A
   * second call does not add the columns again. Added columns stay, even if the upload is refused
   * later. Throws `genesys-unavailable`, `genesys-refused` and `not-found`. Throws `schema-drift`
   * if another application changed the list meanwhile, so that the rows no longer fit.
   */
  extend(request: UploadRequest, list: ContactList, result: IntakeResult): Promise<ContactList>
}

/**
 * Adds columns only after the whole file was read, and only if the file has a row to send. So a
 * file that is refused during the reading changes no list.
 */
export const createExtendList = (deps: ExtendListDeps): ExtendList => ({
  check: ({ caller, options }) => {
    if (options.schemaDrift !== 'extend') return
    if (!hasScope(caller.scopes, 'lists')) {
      const detail = 'With schemaDrift=extend, the key also needs the scope lists.'
      throw new GatewayProblem('scope-missing', detail, { scope: 'lists' })
    }
    if (deps.provisioning.addColumns === null) {
      const detail = 'In this dialect of Genesys, the columns of a list cannot be changed.'
      throw new GatewayProblem('capability-not-available', detail)
    }
    if (options.apply === 'auto') return
    const detail =
      'You cannot combine schemaDrift=extend with apply=manual, because the gateway would change the list before you have seen the plan. Send apply=auto.'
    throw new GatewayProblem('option-invalid', detail, { options: ['schemaDrift', 'apply'] })
  },
  extend: async (request, list, result) => {
    const { addedColumns, counts } = result
    const { addColumns } = deps.provisioning
    if (addedColumns.length === 0 || counts.accepted === 0 || addColumns === null) return list
    const startedMs = deps.clock.monotonicMs()
    const { tenantId, requestId } = request.caller
    const context = { ...readContext(tenantId, deps.signal), class: 'read' as const }
    const add = () => addColumns(list.id, addedColumns, context)
    await deps.audit.append([auditOf(deps, request, addedColumns.length, 'intended', null)])
    const latency = (): number => deps.clock.monotonicMs() - startedMs
    try {
      const wide = await untilWide(deps, list.id, addedColumns, add, context)
      checkFits(result, wide)
      await deps.lists.put(wide)
      await deps.audit.append([auditOf(deps, request, addedColumns.length, 'ok', latency())])
      const told = { tenantId, requestId, contactListId: list.id, columns: addedColumns.length }
      deps.emit('list.extended', { ...told, durationMs: Math.round(latency()) })
      return wide
    } catch (error) {
      await deps.audit.append([auditOf(deps, request, addedColumns.length, 'failed', latency())])
      throw error
    }
  },
})

/**
 * Adds the columns, and repeats the request after a failure that a retry may fix. After a success,
 * only reads the list until it is ready and shows the columns. While Genesys indexes a list, the
 * list may show its old columns.
 */
const untilWide = async (
  deps: ExtendListDeps,
  listId: string,
  added: readonly ListColumn[],
  add: () => Promise<ContactList>,
  context: CallContext,
): Promise<ContactList> => {
  const endMs = deps.clock.monotonicMs() + READY_WITHIN_MS
  let isAdded = false
  let failure: GenesysFailure | null = null
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS)) {
    try {
      const list = isAdded ? await deps.contactLists.readContactList(listId, context) : await add()
      isAdded = true
      const names = new Set(list.columns.map(({ name }) => name))
      if (list.status === 'ready' && added.every(({ name }) => names.has(name))) return list
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      if (error.retry === 'never') throw problemOfRefusal(error)
      failure = error
    }
    if (deps.clock.monotonicMs() + waitMs >= endMs) {
      throw unavailable(failure ?? new GenesysFailure('unavailable', 'extend-contact-list'))
    }
    await deps.clock.sleep(waitMs, context.signal)
  }
}

/**
 * Throws if another application changed the list meanwhile, so that the rows no longer fit the
 * list.
 */
const checkFits = (result: IntakeResult, list: ContactList): void => {
  const changes = listChangesOf(result, list)
  if (rowsStillFit(changes)) return
  const { added, removed, kindChanged: retyped } = changes
  const detail = 'Someone changed the list while the gateway added columns to it.'
  throw new GatewayProblem('schema-drift', detail, { diff: { added, removed, retyped } })
}

const auditOf = (
  deps: ExtendListDeps,
  { caller, contactListId }: UploadRequest,
  columns: number,
  outcome: AuditEntry['outcome'],
  latencyMs: number | null,
): AuditEntry =>
  createAuditEntry(deps.ids, byCaller(caller), {
    action: 'list.extended',
    object: contactListId,
    latencyMs,
    outcome,
    counts: { columns },
  })
