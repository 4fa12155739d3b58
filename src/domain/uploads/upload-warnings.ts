import type { ChosenQueue } from '../contact-lists/queue-options.ts'
import type { NoticedRows } from './row-notices.ts'
import { ROW_NOTICES } from './row-notices.ts'
import type { Upload, UploadPlan, UploadSource } from './upload.ts'

/**
 * The warnings about oddities of an upload that are permitted but probably not intended. Callers
 * rely on the codes.
 */
export const UPLOAD_WARNINGS = {
  'duplicate-check-by-phone':
    'Genesys compares a phone column to find duplicates, so people who share a number become one contact.',
  'encoding-detected':
    'The file is not UTF-8. The gateway detected the encoding from the bytes of the file. `source.encoding` shows which encoding it detected. If letters in the rows are wrong, send the file again with the option `encoding`.',
  'cell-holds-rows':
    'A quoted cell contains lines that resemble rows. Perhaps a quote is closed too late. Compare the number of rows that the gateway read with the number of rows in the file. If rows are missing, correct the quotes and send the file again.',
  'phone-decimal-tail':
    'Phone numbers ended in .0, which a spreadsheet adds. The gateway removed this ending. A spreadsheet that adds .0 can also remove digits from long numbers. Format the column as text, and export the numbers again.',
  'known-not-dialled-again':
    'If the upload updates a contact that Genesys has already dialled, Genesys does not dial this contact again, because doNotQueue is true by default. If the upload has a plan, `rows` is the number of contacts that the upload updates. If Genesys should dial the same contacts every day, set doNotQueue=false for the upload or for the list.',
  'differs-in-genesys':
    'Genesys does not show everything that the upload delivered. `reconciliation` shows the differences. To send the delivered rows again, call POST …/retry with outcomes ["differing"].',
  'file-queues-again':
    'With delivery=file, doNotQueue has no effect, even if it is set for the list. Genesys may therefore dial known contacts of the list again. To prevent this, send the file with delivery=batches.',
  'encoding-doubtful':
    'The gateway read the file in the encoding that you named. The result has letters that do not occur in western words, so the file probably has a different encoding. Check the names. If they are wrong, save the file as UTF-8.',
  'same-file':
    'An earlier upload to this list had exactly this file. `uploadId` names the earlier upload.',
} as const satisfies Record<string, string>

type WarningCode = keyof typeof UPLOAD_WARNINGS

export type UploadWarning = {
  code: WarningCode
  detail: string
  /** The earlier upload, for `same-file`. */
  uploadId?: string
  /** How many rows the warning is about. */
  rows?: number
  /** For oddities of rows: the lines of the first of these rows. */
  lines?: number[]
}

const isCheckedByPhone = ({ delivery, columns }: Upload): boolean => {
  const field = delivery.duplicateCheckField
  return (
    field !== null && columns.some(({ kind, mappedTo }) => kind === 'phone' && mappedTo === field)
  )
}

/**
 * Whether the encoding is only a guess. Text that is valid UTF-8 is UTF-8 with near certainty.
 * Other bytes can be valid text in several encodings.
 */
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

/** The warnings about a file. */
export const sourceWarnings = (source: UploadSource): UploadWarning[] => [
  ...(isEncodingGuessed(source) ? [warningOf('encoding-detected')] : []),
  ...(source.encodingDoubtful === true ? [warningOf('encoding-doubtful')] : []),
  ...noticeWarnings(source),
]

/**
 * The warnings for an upload that updates known contacts, or may update them. There is a warning
 * only if no setting decides whether these contacts are dialled again.
 */
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

/** The warnings about an upload, computed from the upload alone. */
export const uploadWarnings = (upload: Upload): UploadWarning[] => [
  ...(isCheckedByPhone(upload) ? [warningOf('duplicate-check-by-phone')] : []),
  ...sourceWarnings(upload.source),
  ...queueWarnings(upload.queue, upload.mode, upload.plan),
  ...(upload.reconciliation?.state === 'differs' ? [warningOf('differs-in-genesys')] : []),
  ...(upload.sameFileAs === null ? [] : [warningOf('same-file', { uploadId: upload.sameFileAs })]),
]
