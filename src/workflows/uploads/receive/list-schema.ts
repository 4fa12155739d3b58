import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { ListCache } from '../../ports/delivery/delivery.ts'
import type { CallContext, ContactListPort } from '../../ports/genesys/genesys.ts'

/** A caller waits for Genesys this long before the list as last seen serves. */
export const READ_RETRY_MS = 4_000
/** A list read less than 60 s ago is fresh [design: 4]. */
export const FRESH_MS = 60_000
const RETRY_AFTER_SECONDS = 30

/**
 * The problem of a final refusal by Genesys, with the right that is probably missing
 * [guide-api: Rights].
 */
export const refusedByGenesys = (failure: GenesysFailure, detail: string): GatewayProblem => {
  const { kind, right, upstreamCode } = failure
  const denied =
    kind !== 'forbidden'
      ? ''
      : ` It denies us a right${right === null ? '' : `, probably ${right}`}.`
  return new GatewayProblem('genesys-refused', `${detail}${denied}`, {
    failure: kind,
    ...(right === null ? {} : { right }),
    ...(upstreamCode === null ? {} : { upstreamCode }),
  })
}

/** What a caller gets if Genesys refuses for good. */
export const problemOfRefusal = (failure: GenesysFailure): GatewayProblem =>
  failure.kind === 'not_found'
    ? new GatewayProblem('not-found', 'Genesys does not know this contact list.')
    : refusedByGenesys(failure, 'Genesys refused the gateway.')

/** Genesys cannot be reached now. `detail` explains what that means for the call. */
export const unavailable = (
  failure: GenesysFailure,
  detail = 'Genesys does not answer, and the gateway has no copy of what it holds.',
): GatewayProblem =>
  new GatewayProblem(
    'genesys-unavailable',
    detail,
    { failure: failure.kind },
    Math.max(RETRY_AFTER_SECONDS, Math.ceil((failure.retryAfterMs ?? 0) / 1000)),
  )

export const readContext = (tenantId: string, signal: AbortSignal): CallContext => ({
  tenantId,
  class: 'read',
  signal,
  retryForMs: READ_RETRY_MS,
})

/**
 * The list as of now: from the cache if it is not older than `freshMs`, otherwise from Genesys. If
 * Genesys is down, the last copy, with its age. Throws `not-found`, `genesys-refused`, or
 * `genesys-unavailable` if there is no copy.
 */
export const readListSchema = async (
  deps: { contactLists: ContactListPort; lists: ListCache },
  listId: string,
  context: CallContext,
  freshMs: number,
  /** As the store has just returned it; if left out, the store is asked. */
  told?: { list: ContactList; ageMs: number } | null,
): Promise<{ list: ContactList; ageMs: number }> => {
  const cached = told === undefined ? await deps.lists.get(listId) : told
  if (cached !== null && cached.ageMs < freshMs) return cached
  try {
    const list = await deps.contactLists.readContactList(listId, context)
    await deps.lists.put(list)
    return { list, ageMs: 0 }
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    if (error.retry === 'never') throw problemOfRefusal(error)
    if (cached === null) throw unavailable(error)
    return cached
  }
}
