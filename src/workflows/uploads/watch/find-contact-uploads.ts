import type { Upload } from '../../../domain/uploads/upload.ts'
import type { ExplainStore } from '../../ports/uploads/explain.ts'

/** How many of the newest uploads to a list are searched. */
const SEARCHED = 20
/** The most rows of the contact in each upload, the last ones. A file may have it in every line. */
const ROWS_OF_EACH = 10

/**
 * The tenant's uploads to a list that have the contact, newest first. Only the newest uploads are
 * searched. Rejected rows are not searched, because they have no contact id.
 */
export type FindContactUploads = (input: {
  tenantId: string
  contactListId: string
  contactId: string
}) => Promise<Upload[]>

type Deps = { explain: Pick<ExplainStore, 'uploadsOf'> }

/**
 * Finds uploads as `FindContactUploads` does. Each upload comes with the last 10 of its
 * lines that have the contact.
 */
export const newestWithContact = async (
  { explain }: Deps,
  asked: Parameters<FindContactUploads>[0],
): Promise<{ upload: Upload; lines: readonly number[] }[]> => {
  const page = await explain.uploadsOf({
    ...{ ...asked, scan: SEARCHED, cursor: null, rowsOfEach: ROWS_OF_EACH },
  })
  return (page?.items ?? []).filter(({ lines }) => lines.length > 0)
}

/** Searches the newest 20 uploads to the list. Does not check the grant for the list. */
export const createFindContactUploads =
  (deps: Deps): FindContactUploads =>
  async (asked) =>
    (await newestWithContact(deps, asked)).map(({ upload }) => upload)
