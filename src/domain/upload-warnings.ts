import type { Upload } from './upload.ts'

/** What is permitted and probably not meant; the upload goes on. */
export type UploadWarning = { code: string; detail: string }

/** The warnings of an upload, from its own facts alone. */
export const uploadWarnings = ({ delivery, columns }: Upload): UploadWarning[] => {
  const field = delivery.duplicateCheckField
  const byPhone = columns.some(({ kind, mappedTo }) => kind === 'phone' && mappedTo === field)
  if (field === null || !byPhone) return []
  const detail =
    'Genesys finds duplicates by a phone column: contacts who share a number become one.'
  return [{ code: 'duplicate-check-by-phone', detail }]
}
