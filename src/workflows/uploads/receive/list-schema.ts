import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { ListCache, SeenList } from '../../ports/contact-lists/list-cache.ts'
import type { CallContext, ContactListPort } from '../../ports/genesys/genesys.ts'

/** How long a caller waits for Genesys before the stored copy of the list is used. */
export const READ_RETRY_MS = 4_000
/** A list read less than 60 s ago is fresh [design: 4]. */
export const FRESH_MS = 60_000
const RETRY_AFTER_SECONDS = 30

/**
 * The problem if Genesys refuses permanently. For `forbidden`, the problem names the right that is
 * probably missing, if the gateway knows it [guide-api: Rights].
 */
export const refusedByGenesys = (failure: GenesysFailure, detail: string): GatewayProblem => {
  const { kind, right, upstreamCode } = failure
  const denied =
    kind !== 'forbidden'
      ? ''
      : ` The gateway lacks a right${right === null ? '' : `, probably ${right}`}.`
  return new GatewayProblem('genesys-refused', `${detail}${denied}`, {
    failure: kind,
    ...(right === null ? {} : { right }),
    ...(upstreamCode === null ? {} : { upstreamCode }),
  })
}

/** The problem if Genesys permanently refuses to show a contact list. */
export const problemOfRefusal = (failure: GenesysFailure): GatewayProblem =>
  failure.kind === 'not_found'
    ? new GatewayProblem('not-found', 'Genesys does not know this contact list.')
    : refusedByGenesys(failure, 'Genesys refused the gateway.')

/** The problem if Genesys cannot be reached now. `detail` says what that means for the call. */
export const unavailable = (
  failure: GenesysFailure,
  detail = 'Genesys does not answer, and the gateway has no copy of the list.',
): GatewayProblem =>
  new GatewayProblem(
    'genesys-unavailable',
    detail,
    { failure: failure.kind },
    Math.max(RETRY_AFTER_SECONDS, Math.ceil((failure.retryAfterMs ?? 0) / 1000)),
  )

/** For calls for which a caller of the API waits: they are retried for at most 4 seconds. */
export const readContext = (tenantId: string, signal: AbortSignal): CallContext => ({
  tenantId,
  class: 'read',
  signal,
  retryForMs: READ_RETRY_MS,
})

/**
 * Returns the list and the age of this reading. Takes the stored copy if it is younger than
 * `freshMs`, and otherwise reads the list from Genesys. If Genesys does not answer, or refuses the
 * gateway's credentials, returns the stored copy, whatever its age. If there is none, throws
 * `genesys-unavailable` or `genesys-refused`. Throws `not-found` or `genesys-refused` if Genesys
 * permanently refuses to show the list.
 */
export const readListSchema = async (
  deps: { contactLists: ContactListPort; lists: ListCache },
  listId: string,
  context: CallContext,
  freshMs: number,
  /** The stored copy, if the caller has just read it. If left out, this function reads it. */
  told?: SeenList | null,
): Promise<{ list: ContactList; ageMs: number }> => {
  const cached = told === undefined ? await deps.lists.get(listId) : told
  if (cached !== null && cached.ageMs < freshMs) return cached
  try {
    const list = await deps.contactLists.readContactList(listId, context)
    await deps.lists.put(list)
    return { list, ageMs: 0 }
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    // An operator can fix refused credentials, and the delivery waits for that.
    const passing = error.retry === 'later' || error.kind === 'unauthorized'
    if (passing && cached !== null) return cached
    throw error.retry === 'never' ? problemOfRefusal(error) : unavailable(error)
  }
}

/**
 * Reads lists as `readListSchema` does, for calls that accept a reading of the last `FRESH_MS`.
 * Calls that need the same list at the same time share one reading, because each reading uses one
 * slot of the pace.
 */
export const createSharedReads = (deps: { contactLists: ContactListPort; lists: ListCache }) => {
  const reading = new Map<string, Promise<{ list: ContactList }>>()
  return async (
    listId: string,
    context: CallContext,
    told?: SeenList | null,
  ): Promise<ContactList> => {
    const seen = told === undefined ? await deps.lists.get(listId) : told
    if (seen !== null && seen.ageMs < FRESH_MS) return seen.list
    const shared =
      reading.get(listId) ??
      readListSchema(deps, listId, context, 0, seen).finally(() => reading.delete(listId))
    reading.set(listId, shared)
    return (await shared).list
  }
}
