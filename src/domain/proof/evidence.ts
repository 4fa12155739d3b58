import { z } from 'zod'

import { DNC_REASON_NAMES } from '../do-not-call/dnc-entry.ts'

/** The decisions that can be made about a person, and the meaning of each code. */
export const EVIDENCE_CODES = {
  'entry-accepted': 'An entry was accepted: from here on it suppresses',
  'entry-pulled': 'The person was in the list inside Genesys, and became an entry here',
  'entry-applied': 'Genesys has the entry; `outcome` says whether it was new there',
  'entry-failed': 'Genesys refused the entry; it still suppresses here',
  'entry-released': 'The entry had been quarantined, and was released to Genesys',
  'entry-removed': 'A removal ended the entry',
  'entry-overridden': 'A weaker or shorter entry took its place, with override',
  'entry-expired': 'The entry ended by its own time, and a day',
  'removal-accepted': 'A removal was accepted',
  'row-accepted': 'A row of an upload was accepted: nothing kept it out',
  'row-rejected': 'A row was rejected, with the code',
  'row-duplicate': 'A later line of the same file took the place of the row',
  'row-suppressed': 'A row was kept out; `suppressedBy` says by what',
  'row-tried': 'A request with the row was sent, for the last time at this moment',
  'row-delivered': 'Genesys has the row',
  'row-unchanged': 'Genesys had the same already: nothing was sent',
  'row-failed': 'Genesys refused the row, with the code',
  'row-unprocessed': 'The row was not sent, with the code',
  'contact-found': 'A contact that had been delivered before is the person',
  'contact-retracted': 'Genesys does not call the contact any more',
  'contact-gone': 'Genesys did not hold the contact any more',
  'contact-reported': 'Genesys has no call that retracts: it was reported',
  'registry-listed': 'The number is in an edition of a registry that is in force from here on',
  'registry-unknown':
    'Whether the number is in the edition is not known any more: the edition was deleted, or cannot be read',
  'erasure-accepted': 'An erasure of the person was accepted',
  'erasure-completed': 'The person was erased; what is above may be missing since',
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

/** The members of an item beside its code. Each is present if the code has it. */
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
        '`cells`: a cell of the rejected row reads like the number or address; the row may be about another person',
    }),
    requestId: z.string(),
    tries: count,
    jobId: text,
    timeOf: z.enum(['request', 'upload']).meta({
      description: '`upload`: when the row was settled is not known, this is when its upload was',
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
    description: 'The entry of the audit trail that was written with it; null: none was found',
  }),
  about: aboutSchema,
})
export type EvidenceItem = z.output<typeof evidenceItemSchema>
export type EvidenceAbout = EvidenceItem['about']

/** The start of a page: a moment, and an upload after which it begins. */
export type EvidencePlace = { at: string; afterUpload: string }

const PLACE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (upl_[0-9a-f]{32})?$/u

export const cursorOfPlace = ({ at, afterUpload }: EvidencePlace): string =>
  Buffer.from(`${at} ${afterUpload}`, 'latin1').toString('base64url')

/** null when it was not made by `cursorOfPlace`. */
export const placeOfCursor = (cursor: string): EvidencePlace | null => {
  const found = PLACE.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (found === null || Number.isNaN(Date.parse(found[1]!))) return null
  return { at: found[1]!, afterUpload: found[2] ?? '' }
}

const ORDER = new Map(CODES.map((code, place) => [code, place]))
type Timed = Pick<EvidenceItem, 'at' | 'code' | 'id'>

/**
 * In the order of time. At the same moment, in the order in which things follow from each other.
 */
export const inOrder = <Item extends Timed>(items: readonly Item[]): Item[] =>
  items.toSorted(
    (one, other) =>
      Date.parse(one.at) - Date.parse(other.at) ||
      ORDER.get(one.code)! - ORDER.get(other.code)! ||
      (one.id < other.id ? -1 : 1),
  )

export const between = <Item extends Timed>(
  items: readonly Item[],
  from: string,
  to: string,
): Item[] =>
  items.filter(({ at }) => Date.parse(at) >= Date.parse(from) && Date.parse(at) < Date.parse(to))

/**
 * Where a page of at least `most` items ends, without splitting a moment. null if all of them fit.
 */
export const cutAfter = (ordered: readonly Timed[], most: number): string | null => {
  const last = ordered[most - 1]
  if (last === undefined) return null
  return ordered.slice(most).find(({ at }) => Date.parse(at) > Date.parse(last.at))?.at ?? null
}
