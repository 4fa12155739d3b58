import { z } from 'zod'

import { canonicalJson } from '../../lib/canonical-json.ts'
import { countsSchema } from '../uploads/upload-members.ts'
import { UPLOAD_STATES } from '../uploads/upload.ts'

/**
 * The version of the format. Change the number if a verifier for the old version would misread new
 * certificates.
 */
export const CERTIFICATE_FORMAT = 'outbound-gateway/scrub-certificate/1'

const count = z.int().min(0)
const stamp = z.iso.datetime()

const listSchema = z.strictObject({
  dncListId: z.string(),
  own: z.boolean().meta({
    description: 'false: the entries belong to another tenant that may use the contact list',
  }),
  submissions: count,
  entries: count.meta({
    description: 'Number of entries in these submissions, including entries that had already ended',
  }),
  removed: count.meta({ description: 'Number of entries that these submissions removed' }),
  digest: z.string().meta({
    description:
      'SHA-256 of a text with one line for each submission, oldest first. Spaces separate the three parts of a line: the id, the kind, and the SHA-256 of the file (`-` if there is no file). Each line ends with a line feed',
  }),
  asOf: stamp.meta({ description: 'When the newest of the submissions was accepted' }),
  ageSeconds: count,
})

/**
 * When the rows were looked up in an edition. `intake`: while the file was received. `dispatch`:
 * before a request. At intake, the edition was not in force for the contact list yet, or the
 * look-up failed because an edition could not be read.
 */
export const LOOKED_UP = ['intake', 'dispatch'] as const

const registrySchema = z.strictObject({
  registry: z.string(),
  country: z.string(),
  editionId: z.string(),
  lookedUp: z.enum(LOOKED_UP),
  change: z.enum(['full', 'add', 'remove']),
  baseId: z.string().nullable(),
  digest: z.string().nullable().meta({ description: 'SHA-256 of the file that was loaded' }),
  numbers: count,
  subscription: z.string().nullable(),
  asOf: stamp,
  inForceAt: stamp.nullable(),
  maxAgeDays: count,
  ageSeconds: count.meta({
    description:
      'Age of the edition at `check.endedAt`. If the edition came into force after that: its age at `inForceAt`',
  }),
})

/**
 * The signed content. All numbers are integers, so that every JSON library writes the same bytes.
 */
export const certificateSchema = z.strictObject({
  format: z.literal(CERTIFICATE_FORMAT),
  algorithm: z.literal('Ed25519'),
  keyId: z.string(),
  issuedAt: stamp,
  tenantId: z.string(),
  upload: z.strictObject({
    id: z.string(),
    parentId: z.string().nullable(),
    contactListId: z.string(),
    state: z.enum(UPLOAD_STATES),
    fileSha256: z.string(),
    fileBytes: count,
  }),
  check: z.strictObject({
    startedAt: stamp,
    endedAt: stamp,
    lastTriedAt: stamp.nullable().meta({
      description:
        'Time of the last request to Genesys with rows of the upload. Before this request, the gateway also checked the rows against the entries and editions that had been added after the file arrived',
    }),
  }),
  ruleTable: z.strictObject({ version: z.string() }),
  lists: z.array(listSchema),
  registries: z.array(registrySchema),
  countries: z.array(z.string()).meta({
    description:
      'Countries of the phone numbers of the accepted rows. Empty if the check did not need countries',
  }),
  counts: countsSchema,
  codes: z.record(z.string(), count),
  codesComplete: z.boolean().meta({
    description:
      'false: the rows were deleted at the end of their retention, so the gateway no longer knows what suppressed them',
  }),
  audit: z.strictObject({ block: count, hash: z.string() }).meta({
    description: 'The last block of the audit trail when the certificate was made',
  }),
})
export type ScrubCertificate = z.output<typeof certificateSchema>
export type CheckedList = z.output<typeof listSchema>
export type CheckedEdition = z.output<typeof registrySchema>

export const signedCertificateSchema = certificateSchema.extend({
  signature: z.string().meta({ description: 'Base64' }),
})
export type SignedCertificate = z.output<typeof signedCertificateSchema>

/**
 * The text that is signed (RFC 8785), without the signature. The signed bytes are a line that names
 * the purpose, followed by this text.
 */
export const certificateText = (certificate: ScrubCertificate): string => canonicalJson(certificate)

/**
 * The document that callers get: the members of the certificate and the signature, in canonical
 * form.
 */
export const signedText = (certificate: ScrubCertificate, signature: Uint8Array): string =>
  canonicalJson({ ...certificate, signature: Buffer.from(signature).toString('base64') })

/**
 * The number of rows for each code: rejected rows, replaced rows, suppressed rows, and rows with a
 * result that was stored during the delivery (`results`). `codesComplete` is false if some chunks
 * are past their retention. The causes of suppressed rows are then left out.
 */
export const codesOf = (
  rejections: Readonly<Record<string, number>>,
  suppressed: { entries: number; registries: number; withoutConsent: number },
  results: Readonly<Record<string, number>>,
  counts: { suppressed: number; duplicates: number },
): { codes: Record<string, number>; codesComplete: boolean } => {
  const { entries, registries, withoutConsent } = suppressed
  const codesComplete = entries + registries + withoutConsent === counts.suppressed
  const kept = codesComplete
    ? {
        'suppressed-dnc': entries,
        'suppressed-registry': registries,
        'consent-missing': withoutConsent,
      }
    : {}
  const all = { ...rejections, ...results, 'replaced-in-file': counts.duplicates, ...kept }
  const codes = Object.fromEntries(Object.entries(all).filter(([, rows]) => rows > 0))
  return { codes, codesComplete }
}
