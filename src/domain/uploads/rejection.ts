import { GENESYS_REJECTIONS } from '../genesys/genesys-rejections.ts'
import { PROBLEMS } from '../problems/problem.ts'
import { INTAKE_REJECTIONS } from './intake-rejections.ts'
import { page, type RejectionPage } from './rejection-page.ts'

/**
 * Why a row did not become a contact, or a contact did not reach Genesys: the stable codes of rows,
 * and the words that the ledger and the documentation show. The codes are contract. No word here
 * ever holds a cell's content.
 */
export const REJECTIONS = {
  ...INTAKE_REJECTIONS,
  'replaced-in-file': page(
    'A later line of the file has the same contact. Of the valid lines the last one stays.',
    'Line 2 and line 9 with the contact id C-17.',
    'Nothing to do if the later line is the right one. Otherwise remove that line and send the file again.',
  ),
  superseded: page(
    'Newer content of the contact, from a later upload, was delivered first. Older content never overwrites it.',
    'The same contact in two uploads, the later one delivered before this one.',
    'Nothing to do. Send the contact again if this content is the right one.',
  ),
  'suppressed-dnc': page(
    'A do-not-call entry names a phone or an email of the contact, so the contact is not sent; `suppressedBy` says which one.',
    'A contact whose second phone number was submitted as an opt-out last week.',
    'Nothing to do. If the entry is wrong, remove it (POST /v1/dnc-lists/{dncListId}/removals) and send the contact again.',
  ),
  'suppressed-registry': page(
    'A national do-not-call registry that your tenant uses has a phone of the contact, so the contact is not sent; `suppressedBy` says which edition.',
    'A contact whose number its owner has put on the national registry.',
    'Nothing to do. The number may be called again when a newer edition of the registry does not have it. Then send the contact again.',
  ),
  'consent-missing': page(
    'The contact has a phone number of a country of CONSENT_REQUIRED_COUNTRIES, and the row does not say when and how the person agreed to be called.',
    'A number in Germany, and an empty cell under consentSource.',
    'Fill consentAt and consentSource, if the person agreed, and send the contact again.',
  ),
  'suppressed-since': page(
    'A do-not-call entry, or a new edition of a registry, that names a phone or an email of the contact came in after the upload was accepted and before the contact was sent; `suppressedBy` says which one.',
    'An opt-out that came in while a large upload was being delivered.',
    'Nothing to do. If the entry is wrong, remove it (POST /v1/dnc-lists/{dncListId}/removals) and send the contact again.',
  ),
  erased: page(
    'The person was erased before the row was sent. The cells and the contact id of the row are gone, and the row will not be sent.',
    'POST /v1/erasures with the phone number of a contact whose upload was still being delivered.',
    'Nothing to do. The receipt of the erasure lists what was done (GET /v1/erasures/{erasureId}).',
  ),
  cancelled: page(
    'The upload was cancelled before the row was sent.',
    'A row of an upload that was cancelled in the middle.',
    'Send the row in a new upload if it should still be delivered.',
  ),
  'not-sent': page(
    'The upload ended before the row was sent.',
    'A row after the batch at which Genesys refused the upload.',
    "Read the upload's `problem`, fix it and send the row in a new upload.",
  ),
  ...GENESYS_REJECTIONS,
  'outcome-unknown': page(
    'The upload was cancelled while it was unknown whether Genesys had accepted the row. The row may be in Genesys.',
    'Genesys had not answered a request when the gateway crashed or an outage began, and the upload was cancelled after that.',
    'Find the contact in Genesys, or send the row again in a new upload.',
  ),
  identical: page(
    'Genesys already held exactly this content of the contact when the gateway decided about the row. Nothing was sent.',
    'The same file sent twice.',
    'Nothing to do. duplicates=ignore sends it anyway.',
  ),
  known: page(
    'The contact was in the list when the gateway decided about the row, and the upload asked to skip known contacts.',
    'duplicates=skip and a contact of an earlier upload.',
    'Nothing to do. duplicates=update sends changed content.',
  ),
} as const satisfies Record<string, RejectionPage>

export type RejectionCode = keyof typeof REJECTIONS
export const REJECTION_CODES = Object.keys(REJECTIONS) as RejectionCode[]

/**
 * The fault of a row, as a value: the code, and the column at fault by its name in the file (null:
 * the row as a whole).
 */
export type RowFault = {
  code: string
  column: string | null
  /** Of `row-ragged`: the cells that the row has, and those that the header has. */
  width?: { found: number; expected: number }
  /** For `cell-without-column`: the place of the cell in the row, counted from 1. */
  position?: number
  /** For a row that Genesys refused: Genesys' own code. */
  said?: string | null
}

const PAGES: Record<string, Pick<RejectionPage, 'meaning' | 'fix'> | undefined> = {
  ...PROBLEMS,
  ...REJECTIONS,
  // The page speaks of calls too, and of options that a row behind its 202 does not have any more.
  'schema-drift': {
    meaning:
      'The columns of the contact list have changed since the row was checked, so Genesys does not have the row.',
    fix: 'Call POST …/retry when the list has its columns again, or send the file in a new upload.',
  },
}

/** What one row's fault adds to the text of its code. */
const particulars = ({ width, position }: RowFault): string => {
  if (width !== undefined) return `The row has ${width.found} of ${width.expected} cells. `
  return position === undefined ? '' : `Cell ${position} of the row is filled. `
}

/**
 * The words about a row's fault: meaning and fix, after the column, and Genesys' own code. The bare
 * code if no page has it. Rows that were not sent because their upload failed have the code of its
 * problem.
 */
export const rejectionReason = (fault: RowFault): string => {
  const { code, column, said = null } = fault
  // Earlier versions made codes of whatever Genesys said; their rows are still in ledgers.
  const known =
    PAGES[code] ?? (code.startsWith('genesys-') ? REJECTIONS['genesys-refused'] : undefined)
  const told = known === undefined ? code : `${particulars(fault)}${known.meaning} ${known.fix}`
  const words = said === null ? told : `${told} Genesys said: ${said}.`
  return column === null ? words : `${column}: ${words}`
}
