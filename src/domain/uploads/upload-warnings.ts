import type { ChosenQueue } from '../contact-lists/queue-options.ts'
import type { NoticedRows } from './row-notices.ts'
import { ROW_NOTICES } from './row-notices.ts'
import type { Upload, UploadPlan, UploadSource } from './upload.ts'

/** The warnings about an upload: permitted, but probably not intended. The codes are contract. */
export const UPLOAD_WARNINGS = {
  'duplicate-check-by-phone':
    'Genesys finds duplicates by a phone column, so contacts who share a number become one.',
  'encoding-detected':
    'The file is not UTF-8. The gateway detected the encoding in `source.encoding` from its bytes. If names are wrong, send the file with the option encoding.',
  'cell-holds-rows':
    'A quoted cell contains lines that resemble rows, as if a quote were closed too late. Compare the number of rows with the file.',
  'phone-decimal-tail':
    'Phone numbers ended in .0, as spreadsheets write them; the gateway removed it. Format the column as text, or export the numbers again: longer numbers lose digits.',
  'known-not-dialled-again':
    'Contacts that are already in the list and were dialled are not dialled again: doNotQueue is true by default. If a plan counted them, `rows` is the number of these contacts. A daily call list that is sent again under the same ids needs doNotQueue=false, for the upload or for the list.',
  'differs-in-genesys':
    'Genesys does not show what the upload delivered; `reconciliation` lists the differences. POST …/retry with outcomes ["differing"] sends its delivered rows again.',
  'file-queues-again':
    'An upload by file cannot carry doNotQueue, so Genesys may dial contacts again that are already in the list. To prevent this, send the upload with delivery=batches.',
  'encoding-doubtful':
    'The gateway read the file in the encoding that you named, but its letters do not occur in western words, so it is probably in another encoding. Check the names. If they are wrong, save the file as UTF-8.',
  'same-file': 'An earlier upload to this list had exactly this file. `uploadId` names it.',
} as const satisfies Record<string, string>

type WarningCode = keyof typeof UPLOAD_WARNINGS

export type UploadWarning = {
  code: WarningCode
  detail: string
  /** The upload that the warning names. */
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

/** UTF-8 proves itself by its form; the other encodings are guesses by likelihood. */
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

/** The warnings for a file before it is an upload. */
export const sourceWarnings = (source: UploadSource): UploadWarning[] => [
  ...(isEncodingGuessed(source) ? [warningOf('encoding-detected')] : []),
  ...(source.encodingDoubtful === true ? [warningOf('encoding-doubtful')] : []),
  ...noticeWarnings(source),
]

/** The warning about known contacts for which nobody has set the queue. */
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
