import type { Caller } from '../../domain/access/access.ts'
import type { AccessStore } from '../ports/access/access.ts'

/** The object id of a grant for all lists. */
const EVERY_LIST = '*'

/**
 * Which of `lists` the tenant may use. A tenant with a grant for all lists costs one query. Any
 * other tenant costs one more query for each list.
 */
export const grantedLists = async <T extends { id: string }>(
  access: Pick<AccessStore, 'isGranted'>,
  { tenantId }: Caller,
  lists: readonly T[],
): Promise<T[]> => {
  const isGranted = (id: string) => access.isGranted(tenantId, 'contact_list', id)
  if (await isGranted(EVERY_LIST)) return [...lists]
  const granted = await Promise.all(lists.map(({ id }) => isGranted(id)))
  return lists.filter((_, index) => granted[index])
}
