import { z } from 'zod'

import type { ColumnKind, ContactList, DialectLimits } from '../../domain/contact-list.ts'
import { GenesysFailure } from '../../domain/genesys-failure.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { ContactListPort, JobStatus } from '../../workflows/ports/genesys.ts'
import type { ApiCall } from '../attempt.ts'
import { batchBody, type RowForm } from '../batch-body.ts'
import { fieldOf, rowCodeOf } from '../failures.ts'
import { listAllContactLists } from '../list-pages.ts'
import type { Caller } from '../retry.ts'

/** 5,000 rows and 10 MB are published; half the rows, and MB read as 10^6, are safe under every reading (guide-api, "Limits"). */
const MAX_ROWS = 2_500
const MAX_BYTES = 10_000_000

const fieldSchema = z.looseObject({
  name: z.string().min(1).max(256),
  type: z.string(),
  required: z.boolean().nullish(),
  format: z.string().nullish(),
})
type Field = z.infer<typeof fieldSchema>

const listSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string(),
  status: z.enum(['READY', 'PROCESSING', 'ERROR']),
  size: z.number().int().nonnegative().nullish(),
  schema: z.looseObject({
    version: z.union([z.string(), z.number()]).nullish(),
    fields: z.array(fieldSchema).min(1),
  }),
})

const STATUSES = { READY: 'ready', PROCESSING: 'processing', ERROR: 'error' } as const

const receiptSchema = z.looseObject({ jobId: z.string().min(1).max(200) })

const count = z.number().int().nonnegative()
const jobSchema = z.looseObject({
  status: z.enum(['processing', 'completed', 'failed']),
  processed: count.nullish(),
  failed: count.nullish(),
  errors: z
    .array(
      z.looseObject({
        index: count,
        contactId: z.unknown().optional(),
        field: z.unknown().optional(),
        code: z.unknown().optional(),
        message: z.unknown().optional(),
      }),
    )
    .nullish(),
})

/** Guide 001 declares phones by format, guide 000 by type; both count (guide-api, "Contact lists"). */
const kindOf = ({ type, format }: Field): ColumnKind => {
  if (format?.toUpperCase() === 'E.164') return 'phone'
  const kinds: Record<string, ColumnKind> = { phone: 'phone', email: 'email', date: 'date' }
  return kinds[type.toLowerCase()] ?? 'text'
}

const contactListOf = (list: z.infer<typeof listSchema>): ContactList => {
  const fields = list.schema.fields.map((field) => ({
    name: field.name,
    kind: kindOf(field),
    required: field.required ?? false,
  }))
  const digest = sha256Hex(canonicalJson(fields)).slice(0, 16)
  return {
    id: list.id,
    name: list.name,
    status: STATUSES[list.status],
    schemaVersion: `${list.schema.version ?? ''}:${digest}`,
    columns: fields,
    size: list.size ?? null,
  }
}

const idOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length >= 1 && value.length <= 128 ? value : null

const jobStatusOf = (job: z.infer<typeof jobSchema>): JobStatus => ({
  state: job.status,
  processed: job.processed ?? 0,
  failed: job.failed ?? 0,
  // The message is free text and may repeat the row's phone number: a code goes on, never the words.
  errors: (job.errors ?? []).map(({ index, contactId, field, code, message }) => ({
    index,
    contactId: idOf(contactId),
    field: fieldOf(field),
    code: rowCodeOf(code, message),
  })),
})

const FORM: RowForm = {
  open: (id) => `{"contactId":${id}`,
  joined: true,
  close: '}',
  empty: ({ required }) => (required ? '""' : 'null'),
  skip: 'contactId',
}

/** Contact lists as the five guides describe them: bulk with a job that tells the outcome later. */
export const createGuideContactLists = (deps: {
  call: Caller
  /** A smaller batch than the dialect's 2,500 rows, by configuration. */
  batchRows: number | null
}): ContactListPort => {
  const limits: DialectLimits = {
    batchRows: Math.min(deps.batchRows ?? MAX_ROWS, MAX_ROWS),
    batchBytes: MAX_BYTES,
    columns: null,
    headerChars: null,
    cellChars: null,
  }
  const get = <T>(operation: string, path: string, schema: z.ZodType<T>, right: string) => {
    const call: ApiCall<T> = { operation, method: 'GET', path, schema, right }
    return call
  }
  return {
    dialect: 'guide',
    limits,
    listContactLists: (context) =>
      listAllContactLists(deps.call, context, {
        right: 'outbound:contactlist:read',
        pageSize: 100,
      }),
    readContactList: async (listId, context) => {
      const path = `/api/v2/outbound/lists/${encodeURIComponent(listId)}`
      return contactListOf(
        await deps.call(get('read-contact-list', path, listSchema, 'outbound:list:read'), context),
      )
    },
    sendBatch: async (batch, context) => {
      const operation = 'send-batch'
      const body = batchBody(batch, FORM)
      if (body.length > limits.batchBytes) throw new GenesysFailure('too_large', operation)
      const { jobId } = await deps.call(
        {
          operation,
          method: 'POST',
          path: `/api/v2/outbound/lists/${encodeURIComponent(batch.listId)}/contacts/bulk?mode=append`,
          headers: { 'x-request-id': batch.requestId },
          body,
          schema: receiptSchema,
          right: 'outbound:contact:write',
          rows: true,
        },
        context,
      )
      return { kind: 'accepted', jobId }
    },
    readJob: async (jobId, context) => {
      const path = `/api/v2/outbound/jobs/${encodeURIComponent(jobId)}`
      return jobStatusOf(
        await deps.call(get('read-job', path, jobSchema, 'outbound:contact:read'), context),
      )
    },
  }
}
