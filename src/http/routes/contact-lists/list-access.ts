import type { Caller } from '../../../domain/access/access.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { AccessStore } from '../../../workflows/ports/access/access.ts'

/**
 * The answer for a list that does not exist, and for a list of another tenant. Both get the same
 * answer, so that nobody can find out which lists other tenants have.
 */
const listUnknown = (refuse: Refuse<'not-found'>): GatewayProblem =>
  refuse('not-found', 'The contact list does not exist, or your tenant may not use it.')

const grantedList = (
  access: Pick<AccessStore, 'isGranted'>,
  caller: Caller,
  contactListId: string,
): Promise<boolean> => access.isGranted(caller.tenantId, 'contact_list', contactListId)

/** Throws 404 if the tenant is not granted the list. */
export const checkListGranted = async (
  deps: { access: Pick<AccessStore, 'isGranted'>; refuse: Refuse<'not-found'> },
  caller: Caller,
  contactListId: string,
  /** Whether the list is granted. If left out, this function reads it. */
  known?: boolean,
): Promise<void> => {
  const granted = known ?? (await grantedList(deps.access, caller, contactListId))
  if (!granted) throw listUnknown(deps.refuse)
}

/** Runs the work. Answers every "not found" from it with the same text. */
export const hideUnknownList = async <T>(
  refuse: Refuse<'not-found'>,
  work: Promise<T>,
): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof GatewayProblem && error.code === 'not-found') throw listUnknown(refuse)
    if (error instanceof GenesysFailure && error.kind === 'not_found') throw listUnknown(refuse)
    throw error
  }
}
