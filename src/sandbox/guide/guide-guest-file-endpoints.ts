import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { placeOf, putFile, storageAnswer, target, told } from '../server/guest-file-answers.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { SandboxGuestFile } from '../state/guest-files/guest-files.ts'

/** The most bytes of a file [guide-api: Guest files]. */
const MOST_BYTES = 10_485_760
const TYPES = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'application/pdf',
  'text/plain',
  'application/zip',
]
const FILES = '/api/v2/externalcontacts/contacts/:externalContactId/files'
const STORAGE = '/guest-file-storage'

const bodySchema = z.strictObject({
  fileName: z.string().min(1).max(255),
  contentType: z.string(),
  size: z.int().positive(),
})

const contactOf = (state: SandboxState, call: Call): string => {
  const id = call.params['externalContactId'] ?? ''
  if (!state.guestFiles.contacts.has(id)) {
    throw new Refusal(
      404,
      'not.found',
      'The external contact does not exist, or your tenant may not use it.',
    )
  }
  return id
}

const register = (state: SandboxState, call: Call): Answer => {
  const externalContactId = contactOf(state, call)
  const parsed = bodySchema.safeParse(call.body)
  if (!parsed.success) throw new Refusal(400, 'invalid.body', 'The body is not valid.')
  const { fileName, contentType, size } = parsed.data
  if (!TYPES.includes(contentType)) {
    throw new Refusal(400, 'file.type.not.supported', 'The type is not supported.')
  }
  if (size > MOST_BYTES) throw new Refusal(413, 'file.too.large', 'At most 10 MB.')
  const file = state.guestFiles.register({ externalContactId, fileName, contentType, size })
  const verdict = state.faults.pick(['guest-file-verdict'], target(call))
  if (verdict) {
    file.verdict = verdict.word === null ? null : { word: verdict.word, afterMs: verdict.afterMs }
  }
  return told(state, call, {
    id: file.id,
    uploadUrl: placeOf(state, call, STORAGE, file),
  })
}

const headersFault = (file: SandboxGuestFile, call: Call): Answer | null => {
  const { headers } = call
  if (headers['authorization'] !== undefined) return storageAnswer(400, 'InvalidArgument')
  if (headers['content-length'] === undefined) return storageAnswer(411, 'MissingContentLength')
  if (
    headers['content-type'] !== file.contentType ||
    Number(headers['content-length']) !== file.size
  ) {
    return storageAnswer(403, 'SignatureDoesNotMatch')
  }
  const unsigned = Object.keys(headers).some((name) => name.startsWith('x-amz-'))
  return unsigned ? storageAnswer(403, 'AccessDenied') : null
}

const put = (state: SandboxState, call: Call): Answer => {
  const file = state.guestFiles.at(call.params['fileId'] ?? '')
  const { isExpired } = state.guestFiles
  const answer = putFile(state, call, file, { isExpired, headersFault })
  if (answer.status === 200) file!.sentType = String(call.headers['content-type'])
  return answer
}

const fileOf = (state: SandboxState, call: Call): SandboxGuestFile => {
  const file = state.guestFiles.find(contactOf(state, call), call.params['fileId'] ?? '')
  if (file === null) throw new Refusal(404, 'not.found', 'There is no such file.')
  return file
}

const statusOf = (state: SandboxState, file: SandboxGuestFile): string => {
  if (file.confirmedAtMs === null) return 'pending'
  return state.guestFiles.verdictOf(file) === 'pending' ? 'uploaded' : 'completed'
}

const said = (state: SandboxState, call: Call, file: SandboxGuestFile): Answer =>
  told(state, call, {
    id: file.id,
    status: statusOf(state, file),
    virusScan: state.guestFiles.verdictOf(file),
  })

const confirm = (state: SandboxState, call: Call): Answer => {
  const file = fileOf(state, call)
  if (file.bytes?.length !== file.size) {
    throw new Refusal(409, 'file.not.uploaded', 'Nothing, or something else, lies there.')
  }
  file.confirmations += 1
  file.confirmedAtMs ??= state.clock.monotonicMs()
  return said(state, call, file)
}

/** Files of external contacts, in three steps, and the storage to which the files are sent. */
export const guideGuestFileEndpoints = (state: SandboxState): Endpoint[] => {
  const of = { operation: 'guest-file', dialect: 'guide' } as const
  return [
    {
      ...of,
      method: 'POST',
      path: FILES,
      operation: 'guest-file-register',
      handle: (call) => register(state, call),
    },
    {
      ...of,
      method: 'POST',
      path: `${FILES}/:fileId/upload-complete`,
      operation: 'guest-file-confirm',
      handle: (call) => confirm(state, call),
    },
    {
      ...of,
      method: 'GET',
      path: `${FILES}/:fileId`,
      handle: (call) => said(state, call, fileOf(state, call)),
    },
    {
      ...of,
      method: 'PUT',
      path: `${STORAGE}/:fileId`,
      operation: 'guest-file-storage',
      ungated: true,
      handle: (call) => put(state, call),
    },
  ]
}
