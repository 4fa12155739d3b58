import { z } from 'zod'

import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_COLUMN } from '../../domain/contacts/contact-id-column.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { BatchToSend, ContactListPort } from '../../workflows/ports/genesys/genesys.ts'
import { batchBody, type RowForm } from '../calls/batch-body.ts'
import { listAllContactLists } from '../calls/list-pages.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { readJob } from './jobs.ts'
import { contactListOf, readListCall } from './list-wire.ts'

/**
 * Genesys publishes limits of 5,000 rows and 10 MB. The gateway sends at most half as many rows,
 * and counts 10^6 bytes for a MB, which is safe even if Genesys counts 2^20 [guide-api: Contacts].
 */
const MAX_ROWS = 2_500
const MAX_BYTES = 10_000_000

const jobSchema = z.looseObject({ jobId: genesysIdSchema })

const FORM: RowForm = {
  open: (id) => `{"contactId":${id}`,
  joined: true,
  close: '}',
  empty: ({ required }) => (required ? '""' : 'null'),
  skip: CONTACT_ID_COLUMN,
}

/**
 * Contact lists in the guide dialect. Rows go in bulk requests, and a job reports the outcome
 * later.
 */
export const createGuideContactLists = (deps: {
  call: Caller
  newLists: NewLists
  /** The most rows of a batch. 2,500 if this is null or more than that. */
  batchRows: number | null
}): ContactListPort => {
  const limits: DialectLimits = {
    batchRows: Math.min(deps.batchRows ?? MAX_ROWS, MAX_ROWS),
    batchBytes: MAX_BYTES,
    columns: null,
    headerChars: null,
    cellChars: null,
    idColumn: CONTACT_ID_COLUMN,
  }
  return {
    dialect: 'guide',
    limits,
    listContactLists: (context) =>
      listAllContactLists(deps.call, context, {
        right: 'outbound:contactlist:read',
        pageSize: 100,
      }),
    readContactList: async (listId, context) =>
      contactListOf(await deps.call(readListCall(listId, deps.newLists), context)),
    serialise: (batch) => batchBody(batch, FORM),
    sendBatch: async (given, context) => {
      const operation = 'send-batch'
      const batch = typeof given === 'function' ? given() : given
      const composed = (now: BatchToSend) => {
        const body = now.body ?? batchBody(now, FORM)
        if (body.length > limits.batchBytes) throw new GenesysFailure('too_large', operation)
        return { headers: { 'x-request-id': now.requestId }, body }
      }
      const { jobId } = await deps.call(
        {
          operation,
          method: 'POST',
          path: `/api/v2/outbound/lists/${pathSegment(batch.listId)}/contacts/bulk?mode=${batch.mode ?? 'append'}`,
          ...(typeof given === 'function' ? { compose: () => composed(given()) } : composed(given)),
          schema: jobSchema,
          right: 'outbound:contact:write',
          rows: true,
          notYet: () => deps.newLists.has(batch.listId),
        },
        context,
      )
      return { kind: 'accepted', jobId }
    },
    readJob: (jobId, context) => readJob(deps.call, jobId, context),
  }
}
