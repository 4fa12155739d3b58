import type { Upload } from '../../domain/uploads/upload.ts'
import type { Visit } from '../frame/page.ts'

/**
 * How many of the newest uploads are read to find the lists that were used last. For each of these
 * lists, the search then reads the digests of all rows of the newest uploads to the list.
 */
const RECENT_UPLOADS = 50
const MOST_LISTS = 3
const MOST_FOUND = 20

const isContactId = (text: string): boolean => /^[\w.:@-]{1,128}$/u.test(text)

const uploadsOf = async (
  { deps, caller: { tenantId } }: Pick<Visit, 'deps' | 'caller'>,
  contactListId: string,
  contactId: string,
): Promise<Upload[]> =>
  (await deps.access.isGranted(tenantId, 'contact_list', contactListId))
    ? deps.findContactUploads({ tenantId, contactListId, contactId })
    : []

/**
 * The uploads that contain the contact, newest first. Only the lists that were used last are
 * searched.
 */
export const uploadsWithContact = async (
  asking: Pick<Visit, 'deps' | 'caller'>,
  contactId: string,
): Promise<Upload[]> => {
  if (!isContactId(contactId)) return []
  const { deps, caller } = asking
  const recent = await deps.uploads.list(caller.tenantId, { limit: RECENT_UPLOADS, cursor: null })
  const lists = [...new Set((recent?.items ?? []).map((upload) => upload.contactListId))]
  const found = await Promise.all(
    lists.slice(0, MOST_LISTS).map((list) => uploadsOf(asking, list, contactId)),
  )
  const newestFirst = found.flat().toSorted((a, b) => (a.id < b.id ? 1 : -1))
  return newestFirst.slice(0, MOST_FOUND)
}
