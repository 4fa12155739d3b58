import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import { hasColumns, type NewContactListPlan } from '../../domain/contact-lists/new-contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ProvisioningPort, ProvisioningStore } from '../ports/contact-lists/provisioning.ts'
import type { CallContext, ContactListPort } from '../ports/genesys/genesys.ts'

export type FindMadeListDeps = {
  provisioning: Pick<ProvisioningPort, 'findByName'>
  contactLists: Pick<ContactListPort, 'readContactList'>
  made: Pick<ProvisioningStore, 'taken'>
  clock: Clock
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000

/**
 * Finds the list that a creation with an unknown outcome may have made. The list must have the name
 * and the columns of the plan, and must not have an owner yet (see `ProvisioningStore.taken`).
 * Genesys may show a new list late, so the search is repeated until `withinMs` are over (0: one
 * search). Returns null if there is no such list. Throws `contact-list-ambiguous` if several lists
 * without an owner have the name, or if the only such list does not have the columns of the plan.
 * Also throws the errors of the search.
 */
export const findMadeList = async (
  deps: FindMadeListDeps,
  plan: NewContactListPlan,
  context: CallContext,
  withinMs: number,
): Promise<ContactList | null> => {
  const endMs = deps.clock.monotonicMs() + withinMs
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const found = await look(deps, plan, context)
    if (found !== null) return found
    const leftMs = endMs - deps.clock.monotonicMs()
    if (leftMs <= 0) return null
    await deps.clock.sleep(Math.min(waitMs, leftMs), context.signal)
  }
}

const look = async (
  deps: FindMadeListDeps,
  plan: NewContactListPlan,
  context: CallContext,
): Promise<ContactList | null> => {
  const named = await deps.provisioning.findByName(plan.name, context)
  if (named.length === 0) return null
  const ids = named.map(({ id }) => id)
  const taken = new Set(await deps.made.taken(context.tenantId, ids))
  const [id, ...more] = ids.filter((candidate) => !taken.has(candidate))
  if (id === undefined) return null
  if (more.length > 0) throw ambiguous(1 + more.length)
  const list = await readNew(deps, id, context)
  if (list === null || hasColumns(list, plan)) return list
  throw ambiguous(1)
}

/** null: Genesys already finds the list by its name, but the list cannot be read yet. */
const readNew = async (
  deps: FindMadeListDeps,
  listId: string,
  context: CallContext,
): Promise<ContactList | null> => {
  try {
    return await deps.contactLists.readContactList(listId, context)
  } catch (error) {
    if (error instanceof GenesysFailure && error.kind === 'not_found') return null
    throw error
  }
}

/** The problem for lists in Genesys of which it is not clear which call made them. */
export const ambiguous = (candidates: number): GatewayProblem =>
  new GatewayProblem(
    'contact-list-ambiguous',
    'Genesys did not answer when the gateway made the list, and it is not clear which list in Genesys came from this call.',
    { candidates },
  )
