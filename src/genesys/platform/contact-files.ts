import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type {
  ContactFilePort,
  ImportEvent,
  ImportStatus,
} from '../../workflows/ports/delivery/contact-files.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { PutPresigned } from '../calls/presigned.ts'
import type { Caller } from '../calls/retry.ts'
import { rowCodeOf, upstreamCodeOf } from '../calls/row-words.ts'

/**
 * Genesys publishes no limit. The gateway uses the limit of the guide dialect, 10 MB. A part of
 * this size needs little memory, and little time if the gateway sends the part again.
 */
const FILE_BYTES = 10_000_000
/**
 * How long the requested URL is valid. This is also Genesys' default (SDK 262,
 * `signedUrlTimeoutSeconds`). The file is sent immediately.
 */
const URL_SECONDS = 600
/**
 * After a 403, the gateway requests a new URL. If the second URL gets a 403 too, the age of the URL
 * is not the cause.
 */
const MAX_URLS = 2
const EVENT_PAGE = 100
/**
 * The most pages of events that are read for one category: 10,000 events, at 100 events a page.
 * Reading more would not help.
 */
const MAX_EVENT_PAGES = 100

const urlSchema = z.looseObject({
  url: z.string().min(1).max(8_192),
  headers: z.record(z.string(), z.string()).nullish(),
})

const count = z.number().int().nonnegative()
const statusSchema = z.looseObject({
  state: z.string().nullish(),
  totalRecords: count.nullish(),
  completedRecords: count.nullish(),
  percentComplete: z.number().nullish(),
  failureReason: z.unknown().optional(),
})

const entitySchema = z.looseObject({ id: z.string().nullish() }).nullish()
const eventsSchema = z.looseObject({
  entities: z.array(
    z.looseObject({
      timestamp: z.string(),
      level: z.string().nullish(),
      category: z.string().nullish(),
      errorEntity: entitySchema,
      relatedEntity: entitySchema,
      eventMessage: z.looseObject({ code: z.unknown().optional() }).nullish(),
    }),
  ),
  pageCount: count.nullish(),
})
type WireEvent = z.infer<typeof eventsSchema>['entities'][number]

/**
 * Genesys has no state for success. An import that is neither in progress nor failed has ended if
 * it is at 100 %. Genesys shows the status of the latest import of the list, no matter who started
 * this import [platform-api: 2.5.4].
 */
const importStatusOf = (wire: z.infer<typeof statusSchema>): ImportStatus => {
  const percent = wire.percentComplete ?? 0
  const states = { IN_PROGRESS: 'in_progress', FAILED: 'failed' } as const
  const known = states[(wire.state ?? '') as keyof typeof states]
  return {
    state: known ?? (percent >= 100 ? 'completed' : 'none'),
    total: wire.totalRecords ?? 0,
    completed: wire.completedRecords ?? 0,
    percent,
    failureReason: upstreamCodeOf(wire.failureReason),
  }
}

const eventOf = (wire: WireEvent): ImportEvent => {
  const levels = { INFO: 'info', WARNING: 'warning', ERROR: 'error' } as const
  const code = upstreamCodeOf(wire.eventMessage?.code) ?? 'unknown'
  return {
    at: new Date(wire.timestamp),
    code,
    rowCode: rowCodeOf(code.replaceAll('_', ' ')),
    level: levels[(wire.level ?? '') as keyof typeof levels] ?? 'error',
  }
}

const isOfList = ({ errorEntity, relatedEntity }: WireEvent, listId: string): boolean =>
  errorEntity?.id === listId || relatedEntity?.id === listId

/**
 * Errors of rows are in the first category. The error of a full list is probably in the last
 * [platform-truth: 3].
 */
const CATEGORIES = ['IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT'] as const

const readEvents = async (
  call: Caller,
  listId: string,
  since: Date,
  context: CallContext,
): Promise<ImportEvent[]> => {
  const found: ImportEvent[] = []
  for (const category of CATEGORIES) {
    found.push(...(await readCategory(call, { listId, category, since }, context)))
  }
  return found
}

const readCategory = async (
  call: Caller,
  { listId, category, since }: { listId: string; category: string; since: Date },
  context: CallContext,
): Promise<ImportEvent[]> => {
  const found: ImportEvent[] = []
  for (let page = 1; page <= MAX_EVENT_PAGES; page += 1) {
    const query = new URLSearchParams({
      category,
      sortBy: 'timestamp',
      sortOrder: 'descending',
      pageSize: String(EVENT_PAGE),
      pageNumber: String(page),
    })
    const answer = await call(
      {
        operation: 'read-import-events',
        method: 'GET',
        path: `/api/v2/outbound/events?${query.toString()}`,
        schema: eventsSchema,
        right: 'outbound:eventLog:view',
      },
      context,
    )
    const ours = answer.entities.filter(
      (event) => isOfList(event, listId) && (event.category ?? category) === category,
    )
    found.push(...ours.map(eventOf).filter(({ at }) => at >= since))
    const oldest = answer.entities.at(-1)
    const past = oldest !== undefined && new Date(oldest.timestamp) < since
    if (oldest === undefined || past || page >= (answer.pageCount ?? 1)) break
  }
  return found.toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

type ImportedPart = Parameters<NonNullable<ContactFilePort['startImport']>>[0]

/**
 * The request for a URL contains no rows, so it is not recorded as a try. `beforeSend` records the
 * try that sends the file.
 */
const UNRECORDED = { beforeSend: () => undefined, afterRefusal: () => undefined }

/**
 * Contacts as files in the platform dialect. A file goes to a pre-signed URL and is then imported.
 * Only the list itself shows the progress of the import.
 */
export const createPlatformContactFiles = (deps: {
  call: Caller
  put: PutPresigned
}): ContactFilePort => {
  const askForUrl = (part: ImportedPart, context: CallContext) =>
    deps.call(
      {
        operation: 'ask-upload-url',
        method: 'POST',
        path: '/api/v2/outbound/contactlists/uploads',
        headers: { 'x-request-id': part.requestId },
        body: Buffer.from(
          JSON.stringify({
            contentType: 'text/csv',
            id: part.listId,
            contactIdName: part.contactIdColumn,
            clearSystemData: part.clearSystemData ?? false,
            signedUrlTimeoutSeconds: URL_SECONDS,
          }),
        ),
        schema: urlSchema,
        right: 'outbound:contactList:upload',
      },
      context,
    )
  return {
    limits: { fileBytes: FILE_BYTES },
    sendFile: null,
    sendCallbackFile: null,
    startImport: async (part, context) => {
      const operation = 'put-contact-file'
      if (part.csv.length > FILE_BYTES) throw new GenesysFailure('too_large', operation)
      for (let urls = 1; ; urls += 1) {
        const { url, headers } = await askForUrl(part, { ...context, ...UNRECORDED })
        try {
          await deps.put({ operation, url, headers: headers ?? {}, body: part.csv }, context)
          return
        } catch (error) {
          const expired = error instanceof GenesysFailure && error.kind === 'forbidden'
          if (!expired || urls >= MAX_URLS) throw error
        }
      }
    },
    readImport: async (listId, context) =>
      importStatusOf(
        await deps.call(
          {
            operation: 'read-import-status',
            method: 'GET',
            path: `/api/v2/outbound/contactlists/${pathSegment(listId)}/importstatus`,
            schema: statusSchema,
            right: 'outbound:contactList:view',
          },
          context,
        ),
      ),
    readImportEvents: (listId, since, context) => readEvents(deps.call, listId, since, context),
    readJob: null,
  }
}
