import type { NewDncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'

/** Returns the lists that Genesys reports as unknown. */
export type UnknownLists = (tenantId: string, listIds: readonly string[]) => Promise<string[]>

/**
 * How many lists of a submission are checked. Each list that the gateway has never read costs a
 * call to Genesys.
 */
const MOST_LOOKED_FOR = 20
/** How long a submission waits at most for the check of its lists. */
const WITHIN_MS = 2_000

/**
 * Finds lists that Genesys does not have. A list that the gateway has read before counts as known.
 * A list also counts as known if Genesys does not answer in time or fails in another way. The
 * result is only a note, and the entries are accepted anyway.
 */
export const createUnknownLists = (
  contactLists: Pick<ContactListPort, 'readContactList'>,
  cache: Pick<ListCache, 'get'>,
  stopping: AbortSignal,
): UnknownLists => {
  const isUnknown = async (
    tenantId: string,
    listId: string,
    signal: AbortSignal,
  ): Promise<boolean> => {
    if ((await cache.get(listId)) !== null) return false
    const context = { tenantId, class: 'read', signal, retryForMs: 0 } as const
    try {
      await contactLists.readContactList(listId, context)
      return false
    } catch (error) {
      if (error instanceof GenesysFailure) return error.kind === 'not_found'
      if (signal.aborted) return false
      throw error
    }
  }
  return async (tenantId, listIds) => {
    const signal = AbortSignal.any([AbortSignal.timeout(WITHIN_MS), stopping])
    const looked = await Promise.all(
      listIds.map(async (listId) => ({ listId, not: await isUnknown(tenantId, listId, signal) })),
    )
    return looked.filter(({ not }) => not).map(({ listId }) => listId)
  }
}

/** Collects the lists that entries name, over all chunks. Keeps the first 20. */
export const collectNamedLists = () => {
  const named = new Set<string>()
  return {
    look: ({ terms }: Pick<NewDncChunk, 'terms'>): void => {
      for (const { contactListIds } of terms) {
        for (const listId of contactListIds ?? []) {
          if (named.size < MOST_LOOKED_FOR) named.add(listId)
        }
      }
    },
    lists: (): string[] => [...named],
  }
}

/** The note in the submission about these lists. */
export const noteOfUnknown = (listIds: readonly string[]): string[] =>
  listIds.length === 0
    ? []
    : [
        `Genesys has no contact list ${listIds.join(', ')}. Entries for a list that does not exist suppress nobody. ` +
          'Correct the ids, and send these entries again.',
      ]
