import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type {
  ContactFilePart,
  ContactFilePort,
} from '../../workflows/ports/delivery/contact-files.ts'
import type { ApiCall } from '../calls/attempt.ts'
import { fileTimeoutMs } from '../calls/file-timeout.ts'
import { multipartBody, type FormPart } from '../calls/multipart.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { readJob } from './jobs.ts'
import { typeOfKind } from './list-wire.ts'

/**
 * Genesys publishes a limit of 10 MB for a file. The gateway counts 10^6 bytes for each MB, which
 * is safe even if Genesys counts 2^20 [guide-api: Contacts].
 */
const FILE_BYTES = 10_000_000

const jobAnswerSchema = z.looseObject({ jobId: genesysIdSchema })
const uploadAnswerSchema = z.looseObject({ uploadId: genesysIdSchema })

const filePart = ({ fileName, csv }: ContactFilePart): FormPart => ({
  name: 'file',
  fileName,
  contentType: 'text/csv; charset=utf-8',
  body: csv,
})

/**
 * Contacts as files in the guide dialect: a multipart form, and a job that reports the outcome
 * later.
 */
export const createGuideContactFiles = (deps: {
  call: Caller
  newLists: NewLists
}): ContactFilePort => {
  const callOf = <T>(
    part: ContactFilePart,
    about: { operation: string; path: string; schema: z.ZodType<T> },
    fields: readonly FormPart[],
  ): ApiCall<T> => {
    const { operation, path, schema } = about
    // The limit applies to the file. The form around it has a few hundred bytes more.
    if (part.csv.length > FILE_BYTES) throw new GenesysFailure('too_large', operation)
    return {
      operation,
      method: 'POST',
      path,
      schema,
      headers: { 'x-request-id': part.requestId },
      ...multipartBody([...fields, filePart(part)], part.requestId),
      timeoutMs: fileTimeoutMs(part.csv.length),
      right: 'outbound:contact:write',
      rows: true,
      notYet: () => deps.newLists.has(part.listId),
    }
  }
  return {
    limits: { fileBytes: FILE_BYTES },
    sendFile: async (part, context) => {
      const path = `/api/v2/outbound/lists/${pathSegment(part.listId)}/contacts/upload?mode=${part.mode}`
      const about = { operation: 'send-file', path, schema: jobAnswerSchema }
      const { jobId } = await deps.call(callOf(part, about, []), context)
      return { jobId }
    },
    sendCallbackFile: async (part, context) => {
      const uploadOptions = {
        duplicateCheckField: part.duplicateCheckField,
        duplicateCheckBehavior: part.duplicateCheckBehavior,
        columnMappings: part.columns.map(({ name, kind }) => ({ name, type: typeOfKind(kind) })),
        callbackUrl: part.callbackUrl,
      }
      const options: FormPart = {
        name: 'uploadOptions',
        contentType: 'application/json',
        body: Buffer.from(JSON.stringify(uploadOptions)),
      }
      const path = `/api/v2/outbound/contactlists/${pathSegment(part.listId)}/upload`
      const about = { operation: 'send-callback-file', path, schema: uploadAnswerSchema }
      const { uploadId } = await deps.call(callOf(part, about, [options]), context)
      return { jobId: uploadId }
    },
    startImport: null,
    readImport: null,
    readImportEvents: null,
    readJob: (jobId, context) => readJob(deps.call, jobId, context),
  }
}
