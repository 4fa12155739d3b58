import { hasBit } from '../../lib/bitmap.ts'
import { DeliveryEnds, type DeliveryRun } from './run.ts'

/** How many rows of the upload have a contact that no tenant has delivered to the list. */
const newContacts = async ({ deps, upload }: DeliveryRun): Promise<number> => {
  let fresh = 0
  for (const seq of await deps.delivery.chunkSeqs(upload.id)) {
    const { contactIds, leftOut } = await deps.uploads.readChunk(upload.id, seq)
    const ids = contactIds.filter((_, row) => !hasBit(leftOut, row))
    const { tenantId, contactListId } = upload
    const { known, ofOthers } = await deps.delivery.registered(tenantId, contactListId, ids)
    fresh += ids.filter((id) => !known.has(id) && !ofOthers.has(id)).length
  }
  return fresh
}

/**
 * If the list has no room for all new contacts of the upload, fails the upload before any row is
 * sent. Without this check, only a part of the file would arrive. Counts the new contacts only if
 * the list may not have room for all rows.
 */
export const checkRoom = async (run: DeliveryRun): Promise<void> => {
  const { deps, upload } = run
  const most = deps.contactLists.limits.listContacts
  const size = upload.mode === 'overwrite' ? 0 : (run.reading.list()?.size ?? null)
  if (most === undefined || size === null || size + upload.counts.accepted <= most) return
  const batches = await deps.delivery.batches(upload.id)
  // Rows of requests that were tried before may or may not be in the list already, so it is unknown
  // how much room they still need.
  if (batches.some(({ attempts }) => attempts > 0)) return
  const overwrites = upload.mode === 'overwrite'
  const fresh = overwrites ? upload.counts.accepted : await newContacts(run)
  if (size + fresh <= most) return
  const detail = overwrites
    ? `The upload overwrites the list with ${fresh} contacts. The list can hold at most ${most}.`
    : `The list holds ${size} contacts and can hold at most ${most}. The upload adds ${fresh}.`
  throw new DeliveryEnds({ kind: 'fail', problem: { code: 'contact-list-full', detail } })
}
