import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { Visit } from '../frame/page.ts'

/**
 * The lists used last, by this many uploads. The newest uploads of each list are searched, which
 * reads the digests of all their rows.
 */
const RECENT_UPLOADS = 50
const MOST_LISTS = 3
const MOST_FOUND = 20

type Asking = Pick<Visit, 'deps' | 'caller'>

const isContactId = (text: string): boolean => /^[\w.:@-]{1,128}$/u.test(text)

const uploadsOf = async (
  { deps, caller }: Asking,
  contactListId: string,
  contactId: string,
): Promise<string[]> => {
  if (!(await deps.access.isGranted(caller.tenantId, 'contact_list', contactListId))) return []
  try {
    const asked = { caller, contactListId, contactId, cursor: null }
    return (await deps.explainContact(asked)).items.map(({ uploadId }) => uploadId)
  } catch (error) {
    if (error instanceof GatewayProblem && error.code === 'contact-unknown') return []
    throw error
  }
}

/** Uploads that contain the contact, newest first, in the lists used last. */
export const uploadsWithContact = async (asking: Asking, contactId: string): Promise<Upload[]> => {
  if (!isContactId(contactId)) return []
  const { deps, caller } = asking
  const recent = await deps.uploads.list(caller.tenantId, { limit: RECENT_UPLOADS, cursor: null })
  const lists = [...new Set((recent?.items ?? []).map((upload) => upload.contactListId))]
  const ids: string[] = []
  for (const list of lists.slice(0, MOST_LISTS)) {
    ids.push(...(await uploadsOf(asking, list, contactId)))
  }
  const found: Upload[] = []
  for (const id of [...new Set(ids)].toSorted().toReversed().slice(0, MOST_FOUND)) {
    const upload = await deps.uploads.find(caller.tenantId, id)
    if (upload !== null) found.push(upload)
  }
  return found
}
