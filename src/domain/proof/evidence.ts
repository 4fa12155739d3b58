import { z } from 'zod'

import { DNC_REASON_NAMES } from '../do-not-call/dnc-entry.ts'

/** The decisions that can be made about a person, and the meaning of each code. */
export const EVIDENCE_CODES = {
  'entry-accepted': 'An entry was accepted. From this time on, it suppresses the person',
  'entry-pulled':
    'The gateway pulled the do-not-call list from Genesys, found the person in it and made an entry',
  'entry-applied':
    'Genesys has the entry. `about.outcome` shows whether the entry was new in Genesys',
  'entry-failed': 'Genesys refused the entry. The gateway still suppresses the person',
  'entry-released': 'The entry was quarantined, and was then released to Genesys',
  'entry-removed': 'A removal ended the entry',
  'entry-overridden':
    'A later entry with the field `override` took the place of this entry, although the later entry is weaker or expires earlier',
  'entry-expired': 'The entry ended 24 hours after its expiry',
  'removal-accepted': 'A removal was accepted',
  'row-accepted': 'A row of an upload was accepted',
  'row-rejected': 'A row was rejected. `about.code` shows why',
  'row-duplicate': 'A later line of the same file replaced the row',
  'row-suppressed': 'A row was suppressed. `about.suppressedBy` shows what suppressed it',
  'row-tried': 'A request with the row was sent. The time is the time of the last try',
  'row-delivered': 'Genesys has the row',
  'row-unchanged': 'Genesys already had the same content, so nothing was sent',
  'row-failed': 'The row failed. `about.code` shows why',
  'row-unprocessed': 'The row was not sent. `about.code` shows why',
  'contact-found':
    'A contact of the person was delivered before an entry or an edition named the person',
  'contact-retracted': 'The number, or the whole contact, was made not callable in Genesys',
  'contact-gone': 'Genesys no longer had the contact',
  'contact-reported':
    'The gateway cannot retract the contact, because Genesys has no call for this. The gateway reported the contact instead',
  'registry-listed': 'The number is in a registry edition that was in force at this time',
  'registry-unknown':
    'It is unknown whether the edition has the number, because the edition was deleted or cannot be read',
  'erasure-accepted': 'An erasure of the person was accepted',
  'erasure-completed': 'The person was erased. Earlier items may be missing',
} as const
export type EvidenceCode = keyof typeof EVIDENCE_CODES
const CODES = Object.keys(EVIDENCE_CODES) as [EvidenceCode, ...EvidenceCode[]]

const stamp = z.iso.datetime()
const text = z.string().nullable()
const count = z.int().min(0)

const suppressedBySchema = z.strictObject({
  dncListId: text,
  submissionId: text,
  reason: z.enum(DNC_REASON_NAMES).nullable(),
  registry: text,
  editionId: text,
})

/** The members of `about` in an item. The code of the item decides which of them are present. */
const aboutSchema = z
  .strictObject({
    dncListId: z.string(),
    contactListIds: z.array(z.string()).nullable(),
    reason: z.enum(DNC_REASON_NAMES),
    originalReason: text,
    source: text,
    receivedAt: stamp.nullable(),
    expiresAt: stamp.nullable(),
    quarantined: z.boolean(),
    outcome: text,
    entryOf: z.string().meta({ description: 'The submission whose entry ended' }),
    contactListId: z.string(),
    line: count.nullable(),
    contactId: text,
    code: text,
    replacedByLine: count.nullable(),
    suppressedBy: suppressedBySchema.nullable(),
    match: z.enum(['digest', 'cells']).meta({
      description:
        '`cells`: a cell of the rejected row resembles the number or address. The row may be about a different person',
    }),
    requestId: z.string(),
    tries: count,
    jobId: text,
    timeOf: z.enum(['request', 'upload']).meta({
      description:
        '`upload`: the time is that of the whole upload, because the time of the row is unknown',
    }),
    uploadId: text,
    registry: z.string(),
    country: z.string(),
    asOf: stamp,
    inForceAt: stamp,
    replacedAt: stamp.nullable(),
    state: z.string(),
  })
  .partial()

export const evidenceItemSchema = z.strictObject({
  at: stamp,
  code: z.enum(CODES),
  id: z.string().meta({ description: 'The id of the submission, upload, edition or erasure' }),
  auditEntryId: z.string().nullable().meta({
    description:
      'The id of the entry of the audit trail that records the decision. null: none was found',
  }),
  about: aboutSchema,
})
export type EvidenceItem = z.output<typeof evidenceItemSchema>
export type EvidenceAbout = EvidenceItem['about']

/**
 * A chunk of an upload. This chunk and all earlier chunks of the upload were searched. `seq`: the
 * chunk's number within the upload.
 */
export type SearchedChunk = { uploadId: string; seq: number }

/**
 * Where a page begins. `at`: the time of the first decisions outside uploads. `afterUpload`: the
 * page continues after the upload with this id. "": the page begins with the first upload.
 * `afterChunk`: in the upload of this chunk, the page continues after this chunk. null: no upload
 * was searched in part.
 */
export type EvidencePlace = { at: string; afterUpload: string; afterChunk: SearchedChunk | null }

const PLACE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (upl_[0-9a-f]{32})?(?: (upl_[0-9a-f]{32}) (\d{1,9}))?$/u

/**
 * The cursor of a page, which callers send back. `at` must be in UTC with milliseconds. Otherwise
 * `placeOfCursor` does not accept the cursor.
 */
export const cursorOfPlace = ({ at, afterUpload, afterChunk }: EvidencePlace): string => {
  const within = afterChunk === null ? '' : ` ${afterChunk.uploadId} ${afterChunk.seq}`
  return Buffer.from(`${at} ${afterUpload}${within}`, 'latin1').toString('base64url')
}

/** Reads a cursor of `cursorOfPlace`. null: the text does not have the form of a cursor. */
export const placeOfCursor = (cursor: string): EvidencePlace | null => {
  const found = PLACE.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (found === null || Number.isNaN(Date.parse(found[1]!))) return null
  const [, at, afterUpload = '', uploadId, seq] = found
  const afterChunk = uploadId === undefined ? null : { uploadId, seq: Number(seq) }
  return { at: at!, afterUpload, afterChunk }
}

const ORDER = new Map(CODES.map((code, place) => [code, place]))
type Timed = Pick<EvidenceItem, 'at' | 'code' | 'id'>

/**
 * Sorts by time. Items with the same time get the order of `EVIDENCE_CODES`, where a cause comes
 * before its effect.
 */
export const inOrder = <Item extends Timed>(items: readonly Item[]): Item[] =>
  items.toSorted(
    (one, other) =>
      Date.parse(one.at) - Date.parse(other.at) ||
      ORDER.get(one.code)! - ORDER.get(other.code)! ||
      (one.id < other.id ? -1 : 1),
  )

/** The items from the time `from` up to but not including `to` (ISO 8601), in the same order. */
export const between = <Item extends Timed>(
  items: readonly Item[],
  from: string,
  to: string,
): Item[] =>
  items.filter(({ at }) => Date.parse(at) >= Date.parse(from) && Date.parse(at) < Date.parse(to))

/**
 * The time at which the next page begins. A page has `most` items, and also the following items
 * that have the same time as the last of them. null: all items fit on one page.
 */
export const cutAfter = (ordered: readonly Timed[], most: number): string | null => {
  const last = ordered[most - 1]
  if (last === undefined) return null
  return ordered.slice(most).find(({ at }) => Date.parse(at) > Date.parse(last.at))?.at ?? null
}
