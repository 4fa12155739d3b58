import type { Upload } from './upload.ts'

/** What an upload may be warned of: permitted, and probably not meant. The codes are contract. */
export const UPLOAD_WARNINGS = {
  'duplicate-check-by-phone':
    'Genesys finds duplicates by a phone column: contacts who share a number become one.',
} as const satisfies Record<string, string>

export type UploadWarning = { code: keyof typeof UPLOAD_WARNINGS; detail: string }

const duplicateCheckWarnings = ({ delivery, columns }: Upload): UploadWarning[] => {
  const field = delivery.duplicateCheckField
  const byPhone = columns.some(({ kind, mappedTo }) => kind === 'phone' && mappedTo === field)
  if (field === null || !byPhone) return []
  const detail =
    'Genesys finds duplicates by a phone column: contacts who share a number become one.'
  return [{ code: 'duplicate-check-by-phone', detail }]
}

const sameFileWarnings = ({ sameFileAs }: Upload): UploadWarning[] => {
  if (sameFileAs === null) return []
  const detail = 'An earlier upload to this list had exactly this file.'
  return [{ code: 'same-file', detail, uploadId: sameFileAs }]
}

/** The warnings of an upload, from its own facts alone. */
export const uploadWarnings = (upload: Upload): UploadWarning[] => [
  ...duplicateCheckWarnings(upload),
  ...sameFileWarnings(upload),
]
