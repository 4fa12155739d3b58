import { z } from 'zod'

import { canonicalJson } from '../../lib/canonical-json.ts'
import { countsSchema } from '../uploads/upload-members.ts'
import { UPLOAD_STATES } from '../uploads/upload.ts'

/**
 * If you change the meaning of a certificate so that an older verifier would misread it, change
 * this number.
 */
export const CERTIFICATE_FORMAT = 'outbound-gateway/scrub-certificate/1'

const count = z.int().min(0)
const stamp = z.iso.datetime()

const listSchema = z.strictObject({
  dncListId: z.string(),
  own: z.boolean().meta({ description: 'false: entries of another tenant of the contact list' }),
  submissions: count,
  entries: count.meta({
    description: 'Entries in these submissions, also those that had ended by then',
  }),
  removed: count.meta({ description: 'Entries that had been removed' }),
  digest: z.string().meta({
    description:
      'SHA-256 of a line for each submission, the oldest first: its id, its kind and the SHA-256 of its file (`-`: none), with a space between, and a line feed',
  }),
  asOf: stamp.meta({ description: 'When the newest of the submissions was accepted' }),
  ageSeconds: count,
})

/**
 * When the rows were looked up in it: while the file came in, or before a request because it came
 * into force later.
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
      'Age of the edition at the check, or at the time it came into force if that was later',
  }),
})

/** What is signed. Numbers are whole, so that every JSON library writes the same bytes. */
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
        'Time of the last request with rows of the upload. Entries that had been added by then were looked up again',
    }),
  }),
  ruleTable: z.strictObject({ version: z.string() }),
  lists: z.array(listSchema),
  registries: z.array(registrySchema),
  countries: z.array(z.string()).meta({
    description:
      'Countries of the phones of accepted rows, as far as the check asked for countries',
  }),
  counts: countsSchema,
  codes: z.record(z.string(), count),
  codesComplete: z.boolean().meta({
    description: 'false: the rows are past their retention, and what suppressed them is not kept',
  }),
  audit: z.strictObject({ block: count, hash: z.string() }).meta({
    description: 'Where the chain of the audit trail ended when the certificate was made',
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
 * The text that is signed, after the line that names the purpose: RFC 8785, without the signature.
 */
export const certificateText = (certificate: ScrubCertificate): string => canonicalJson(certificate)

/**
 * The document that callers get: the same form, with the signature as a member. Each of its bytes
 * counts.
 */
export const signedText = (certificate: ScrubCertificate, signature: Uint8Array): string =>
  canonicalJson({ ...certificate, signature: Buffer.from(signature).toString('base64') })

/**
 * Counts by code. Rows that a replacement or an entry kept out are added to those that the upload
 * itself counts.
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
