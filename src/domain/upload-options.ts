import { z } from 'zod'

import { isPhoneRegion } from './phone.ts'
import { TEXT_ENCODINGS } from './text-encoding.ts'

/** The options of an upload, as a CRM may give them. Unknown ones are refused. */
export const uploadOptionsSchema = z.strictObject({
  mode: z.enum(['append', 'overwrite']).default('append'),
  confirmOverwrite: z.string().max(200).optional(),
  duplicates: z.enum(['update', 'skip', 'ignore']).default('update'),
  contactIdColumn: z.string().min(1).max(128).optional(),
  /** File column → list column; null leaves the column out. */
  mapping: z.record(z.string().min(1).max(128), z.string().min(1).max(128).nullable()).optional(),
  phoneColumns: z.array(z.string().min(1).max(128)).max(50).optional(),
  emailColumns: z.array(z.string().min(1).max(128)).max(50).optional(),
  missingColumns: z.enum(['reject', 'empty']).default('reject'),
  defaultRegion: z
    .string()
    .refine(isPhoneRegion, 'must be the two letters of a country, for example US')
    .optional(),
  schemaDrift: z.enum(['reject', 'drop', 'extend']).default('reject'),
  delivery: z.enum(['auto', 'batches', 'file', 'callback']).default('auto'),
  duplicateCheckField: z.string().min(1).max(128).optional(),
  apply: z.enum(['auto', 'manual']).default('auto'),
  notBefore: z.iso.datetime({ offset: true }).optional(),
  encoding: z.enum(TEXT_ENCODINGS).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  hasHeader: z.boolean().default(true),
})

export type UploadOptions = z.infer<typeof uploadOptionsSchema>
