import type { ChosenQueue } from '../contact-lists/queue-options.ts'
import type { NoticedRows } from './row-notices.ts'
import { ROW_NOTICES } from './row-notices.ts'
import type { Upload, UploadPlan, UploadSource } from './upload.ts'

/** What an upload may be warned of: permitted, and probably not meant. The codes are contract. */
export const UPLOAD_WARNINGS = {
  'duplicate-check-by-phone':
    'Genesys finds duplicates by a phone column: contacts who share a number become one.',
  'encoding-detected':
    'The file is not UTF-8 and was read in the encoding that `source.encoding` names, by its bytes alone; if names look wrong, send it with the option encoding.',
  'cell-holds-rows':
    'A quoted cell holds lines that look like rows, as when a quote is never closed where it should be; compare the number of rows with the file.',
  'phone-decimal-tail':
    'Phone numbers ended in .0, as spreadsheets write them; it was taken off. Format the column as text, or export the numbers again: longer ones lose digits.',
  'known-not-dialled-again':
    'Contacts that the list holds already are not dialled again if they were dialled: doNotQueue is true unless told otherwise. `rows` says how many known contacts that concerns, where a plan counted them. A daily call list that is sent again under the same ids needs doNotQueue=false, for the upload or for the list.',
  'differs-in-genesys':
    'Genesys does not show what the upload delivered: `reconciliation` says how. POST …/retry with outcomes ["differing"] sends its delivered rows again.',
  'file-queues-again':
    'A file has no doNotQueue: contacts that the list holds already may be dialled again. Send it with delivery=batches where they must not be.',
  'encoding-doubtful':
    'The file was read in the encoding that was asked for, and its letters are none of western words: it is probably in another one. Look at the names; save the file as UTF-8 if they are wrong.',
  'same-file': 'An earlier upload to this list had exactly this file; `uploadId` names it.',
} as const satisfies Record<string, string>

type WarningCode = keyof typeof UPLOAD_WARNINGS

export type UploadWarning = {
  code: WarningCode
  detail: string
  /** The upload that the warning speaks of. */
  uploadId?: string
  /** In how many rows it was seen, and the lines of the first. */
  rows?: number
  lines?: number[]
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

const warningOf = (
  code: WarningCode,
  about: { uploadId?: string; rows?: number } | NoticedRows = {},
): UploadWarning => ({
  code,
  detail: UPLOAD_WARNINGS[code],
  ...about,
})

const noticeWarnings = ({ noticed = {} }: UploadSource): UploadWarning[] =>
  ROW_NOTICES.flatMap((notice) => {
    const rows = noticed[notice]
    return rows === undefined ? [] : [warningOf(notice, rows)]
  })

/** What a file is warned of before it is an upload. */
export const sourceWarnings = (source: UploadSource): UploadWarning[] => [
  ...(isEncodingGuessed(source) ? [warningOf('encoding-detected')] : []),
  ...(source.encodingDoubtful === true ? [warningOf('encoding-doubtful')] : []),
  ...noticeWarnings(source),
]

/** What known contacts meet with that nobody has decided. */
export const queueWarnings = (
  queue: ChosenQueue | null,
  mode: Upload['mode'],
  plan: UploadPlan | null,
): UploadWarning[] => {
  if (queue === null || !queue.byDefault || mode === 'overwrite') return []
  if (plan?.updates === 0) return []
  if (!queue.doNotQueue) return [warningOf('file-queues-again')]
  const rows = plan?.notDialledAgain ?? null
  return [warningOf('known-not-dialled-again', rows === null ? {} : { rows })]
}

/** The warnings of an upload, from its own facts alone. */
export const uploadWarnings = (upload: Upload): UploadWarning[] => [
  ...(isCheckedByPhone(upload) ? [warningOf('duplicate-check-by-phone')] : []),
  ...sourceWarnings(upload.source),
  ...queueWarnings(upload.queue, upload.mode, upload.plan),
  ...(upload.reconciliation?.state === 'differs' ? [warningOf('differs-in-genesys')] : []),
  ...(upload.sameFileAs === null ? [] : [warningOf('same-file', { uploadId: upload.sameFileAs })]),
]
