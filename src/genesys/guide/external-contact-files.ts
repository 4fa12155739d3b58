import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import {
  GENESYS_FILE_STATUSES,
  type GuestFileTarget,
  VIRUS_SCANS,
} from '../../domain/guest-files/guest-file.ts'
import type { FileSaid, GuestFilePort } from '../../workflows/ports/guest-files/guest-files.ts'
import { pathSegment } from '../calls/path-segment.ts'
import { md5Of, type PutPresigned } from '../calls/presigned.ts'
import type { Caller } from '../calls/retry.ts'

const id = z.string().min(1).max(255)
/**
 * If `id` or `uploadUrl` is missing, the outcome is unknown, and the answer never counts as a
 * success [guide-api: Guest files].
 */
const registeredSchema = z.looseObject({ id, uploadUrl: z.url().max(8192) })
/**
 * A status or verdict that the gateway does not know becomes null. null never counts as the end of
 * a step, or as a good verdict.
 */
const saidSchema = z.looseObject({
  id,
  status: z.enum(GENESYS_FILE_STATUSES).nullable().catch(null).default(null),
  virusScan: z.enum(VIRUS_SCANS).nullable().catch(null).default(null),
})

const RIGHT = { write: 'externalcontacts:write', read: 'externalcontacts:read' }

const filesOf = (target: GuestFileTarget): string => {
  if (target.kind !== 'external_contact') throw new Error('this dialect has no media of messages')
  return `/api/v2/externalcontacts/contacts/${pathSegment(target.externalContactId)}/files`
}

/** Throws if the answer is about another file. */
const saidOf = (operation: string, fileId: string, said: z.output<typeof saidSchema>): FileSaid => {
  if (said.id !== fileId) throw new GenesysFailure('malformed_answer', operation)
  return { fileId, status: said.status, virusScan: said.virusScan }
}

/**
 * Files of external contacts, in the guide dialect. The path for the confirmation is made here from
 * the ids of the contact and the file. Genesys' `uploadCompleteUrl` is not used.
 */
export const createExternalContactFiles = ({
  call,
  put,
}: {
  call: Caller
  put: PutPresigned
}): GuestFilePort => ({
  takes: 'external_contact',
  confirmsAgain: { effect: 'nothing' },
  register: async ({ target, fileName, contentType, sizeBytes }, context) => {
    const { id: fileId, uploadUrl } = await call(
      {
        operation: 'register-guest-file',
        method: 'POST',
        path: filesOf(target),
        body: Buffer.from(JSON.stringify({ fileName, contentType, size: sizeBytes })),
        schema: registeredSchema,
        right: RIGHT.write,
      },
      context,
    )
    // The headers for which Genesys made the URL, and no others.
    const headers = { 'content-type': contentType, 'content-length': String(sizeBytes) }
    return { fileId, place: { uploadUrl, headers } }
  },
  put: async ({ uploadUrl: url, headers }, body, context) => {
    const { etag } = await put({ operation: 'put-guest-file', url, headers, body }, context)
    return { etag: md5Of(etag) }
  },
  confirm: async ({ target, fileId }, context) => {
    const operation = 'confirm-guest-file'
    const said = await call(
      {
        operation,
        method: 'POST',
        path: `${filesOf(target)}/${pathSegment(fileId)}/upload-complete`,
        schema: saidSchema,
        right: RIGHT.write,
      },
      context,
    )
    return saidOf(operation, fileId, said)
  },
  read: async ({ target, fileId }, context) => {
    const operation = 'read-guest-file'
    const said = await call(
      {
        operation,
        method: 'GET',
        path: `${filesOf(target)}/${pathSegment(fileId)}`,
        schema: saidSchema,
        right: RIGHT.read,
      },
      context,
    )
    return saidOf(operation, fileId, said)
  },
})
