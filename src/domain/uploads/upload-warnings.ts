import type { Upload, UploadSource } from './upload.ts'

/** What an upload may be warned of: permitted, and probably not meant. The codes are contract. */
export const UPLOAD_WARNINGS = {
  'duplicate-check-by-phone':
    'Genesys finds duplicates by a phone column: contacts who share a number become one.',
  'encoding-detected':
    'The file is not UTF-8 and was read in the encoding that `source.encoding` names, by its bytes alone; if names look wrong, send it with the option encoding.',
  'same-file': 'An earlier upload to this list had exactly this file; `uploadId` names it.',
} as const satisfies Record<string, string>

type WarningCode = keyof typeof UPLOAD_WARNINGS

export type UploadWarning = {
  code: WarningCode
  detail: string
  /** The upload that the warning speaks of. */
  uploadId?: string
}

const isCheckedByPhone = ({ delivery, columns }: Upload): boolean => {
  const field = delivery.duplicateCheckField
  return (
    field !== null && columns.some(({ kind, mappedTo }) => kind === 'phone' && mappedTo === field)
  )
}

/** UTF-8 proves itself by its form; the other encodings are told by what is likely. */
const isEncodingGuessed = ({ encodingFrom, encoding }: UploadSource): boolean =>
  encodingFrom === 'content' && encoding !== 'utf-8'

const warningOf = (code: WarningCode, about: { uploadId?: string } = {}): UploadWarning => ({
  code,
  detail: UPLOAD_WARNINGS[code],
  ...about,
})

/** What a file is warned of before it is an upload. */
export const sourceWarnings = (source: UploadSource): UploadWarning[] =>
  isEncodingGuessed(source) ? [warningOf('encoding-detected')] : []

/** The warnings of an upload, from its own facts alone. */
export const uploadWarnings = (upload: Upload): UploadWarning[] => [
  ...(isCheckedByPhone(upload) ? [warningOf('duplicate-check-by-phone')] : []),
  ...sourceWarnings(upload.source),
  ...(upload.sameFileAs === null ? [] : [warningOf('same-file', { uploadId: upload.sameFileAs })]),
]
