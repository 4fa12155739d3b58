import type { NewDncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ListCache } from '../ports/delivery/delivery.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'

/** Of the lists that these entries name, those that Genesys says it does not have. */
export type UnknownLists = (tenantId: string, listIds: readonly string[]) => Promise<string[]>

/** So many lists of a submission are looked for: each that was never seen costs a call. */
const MOST_LOOKED_FOR = 20
/** An opt-out waits no longer for a word about its lists. */
const WITHIN_MS = 2_000

/**
 * A list that was seen before is known. Where Genesys does not say in time that it has no such
 * list, the list counts as known: an entry is accepted either way, and this is only a note.
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

/** The first lists that entries name, over all chunks. */
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

/** What the submission says of them. */
export const noteOfUnknown = (listIds: readonly string[]): string[] =>
  listIds.length === 0
    ? []
    : [
        `Genesys has no contact list ${listIds.join(', ')}. An entry for a list that does not exist suppresses nobody. ` +
          'Check the id, and send the entry again with the right one.',
      ]
