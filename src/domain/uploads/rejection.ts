import { GENESYS_REJECTIONS } from '../genesys/genesys-rejections.ts'
import { PROBLEMS } from '../problems/problem.ts'
import { INTAKE_REJECTIONS } from './intake-rejections.ts'
import { page, type RejectionPage } from './rejection-page.ts'

/**
 * The codes of rows, with the texts that the ledger and the documentation show. A code names the
 * reason why a row did not become a contact, or why the gateway did not send or deliver a contact.
 * Callers rely on the codes. The texts never contain the content of a cell.
 */
export const REJECTIONS = {
  ...INTAKE_REJECTIONS,
  'replaced-in-file': page(
    'A later line of the file has the same contact. If a contact has several valid lines, the last of these lines counts.',
    'Line 2 and line 9 have the contact id C-17.',
    'If the later line is right, you do not have to do anything. Otherwise, remove the later line and send the file again.',
  ),
  superseded: page(
    'A later upload has already delivered newer content of the contact, or has overwritten the list. Older content never overwrites newer content.',
    'Two uploads have the same contact, and the later upload was delivered first.',
    'If the newer content is right, you do not have to do anything. Otherwise, send the contact again.',
  ),
  'suppressed-dnc': page(
    'A do-not-call entry names a phone number or an email address of the contact, so the contact is not sent. `suppressedBy` names the entry.',
    'Last week, the CRM submitted the second phone number of the contact as an opt-out.',
    'Nothing to do. If the entry is wrong, remove it (POST /v1/dnc-lists/{dncListId}/removals) and send the contact again.',
  ),
  'suppressed-registry': page(
    'A phone number of the contact is in a national do-not-call registry that applies to the contact list, so the contact is not sent. `suppressedBy` names the edition.',
    'A person who has registered the number in the national registry.',
    'Nothing to do. If a newer edition of the registry no longer has the number, you can send the contact again.',
  ),
  'consent-missing': page(
    'The contact has a phone number of a country in CONSENT_REQUIRED_COUNTRIES, but the row does not show when and how the person agreed to be called.',
    'A number in Germany, and an empty cell in the column consentSource.',
    'If the person agreed, fill in consentAt and consentSource, and send the contact again.',
  ),
  'suppressed-since': page(
    'A do-not-call entry or an edition of a registry names a phone number or an email address of the contact, so the contact is not sent. The gateway found this only after it had accepted the upload: the entry or edition arrived later, or the edition could not be read when the upload arrived. `suppressedBy` names the entry or edition.',
    'An opt-out that arrived while a large upload was being delivered.',
    'Nothing to do. If the entry is wrong, remove it (POST /v1/dnc-lists/{dncListId}/removals) and send the contact again. If a newer edition of the registry no longer has the number, you can send the contact again.',
  ),
  erased: page(
    'The person was erased before the row was sent. The cells and the contact id of the row are deleted, and the row is never sent.',
    'POST /v1/erasures with the phone number of a contact, while the upload with this contact is being delivered.',
    'Nothing to do. GET /v1/erasures/{erasureId} shows what the erasure did.',
  ),
  cancelled: page(
    'The upload was cancelled before the row was sent.',
    'A row of an upload that was cancelled during its delivery.',
    'If you still want to deliver the row, send it in a new upload.',
  ),
  'not-sent': page(
    'The upload ended before the row was sent.',
    'Genesys refused a batch of the upload, and the row comes after this batch.',
    "Read the upload's `problem`, fix its cause, and send the row in a new upload.",
  ),
  ...GENESYS_REJECTIONS,
  'outcome-unknown': page(
    'The upload was cancelled or failed before Genesys confirmed the row. The row may be in Genesys.',
    'The gateway crashed, or an outage began, before Genesys answered a request. Then the upload was cancelled.',
    'Search for the contact in Genesys, or send the row again in a new upload.',
  ),
  identical: page(
    'Genesys already had exactly this content for the contact, so the gateway did not send the row.',
    'The same file sent twice.',
    'Nothing to do. To send such rows anyway, use duplicates=ignore.',
  ),
  known: page(
    'The gateway had already delivered the contact to the list, and the upload skips known contacts (duplicates=skip).',
    'A contact that an earlier upload delivered.',
    'Nothing to do. To send contacts with changed content, use duplicates=update.',
  ),
} as const satisfies Record<string, RejectionPage>

export type RejectionCode = keyof typeof REJECTIONS
export const REJECTION_CODES = Object.keys(REJECTIONS) as RejectionCode[]

/**
 * A fault of a row. `column`: the column with the fault, by its name in the file. If `column` is
 * null, the fault concerns the whole row.
 */
export type RowFault = {
  code: string
  column: string | null
  /** For `row-ragged`: how many cells the row has, and how many the header has. */
  width?: { found: number; expected: number }
  /** For `cell-without-column`: the position of the cell in the row, counted from 1. */
  position?: number
  /** The code that Genesys gave, if Genesys refused the row. */
  said?: string | null
}

const PAGES: Record<string, Pick<RejectionPage, 'meaning' | 'fix'> | undefined> = {
  ...PROBLEMS,
  ...REJECTIONS,
  // The page of the problem `schema-drift` is for calls. Its text names options of a call, which do
  // not help with a row that was already accepted.
  'schema-drift': {
    meaning:
      'The columns of the contact list have changed since the row was checked, so the row is not in Genesys.',
    fix: 'If the list has its earlier columns again, call POST …/retry. Otherwise, send the file in a new upload.',
  },
}

/** A sentence with the details of this fault. The text of the code follows it. Often empty. */
const particulars = ({ width, position }: RowFault): string => {
  if (width !== undefined) return `The row has ${width.found} of ${width.expected} cells. `
  return position === undefined ? '' : `Cell ${position} of the row is filled. `
}

/**
 * The text about a row's fault: the column, the details, the meaning, the fix, and the code that
 * Genesys gave. If the fault's code has no page, the text is the code itself. If an upload fails,
 * its rows that were not sent can have the code of the upload's problem.
 */
export const rejectionReason = (fault: RowFault): string => {
  const { code, column, said = null } = fault
  // Earlier versions made codes from the answers of Genesys. Ledgers still have rows with such
  // codes.
  const known =
    PAGES[code] ?? (code.startsWith('genesys-') ? REJECTIONS['genesys-refused'] : undefined)
  const told = known === undefined ? code : `${particulars(fault)}${known.meaning} ${known.fix}`
  const words = said === null ? told : `${told} Genesys said: ${said}.`
  return column === null ? words : `${column}: ${words}`
}
