import { createHash } from 'node:crypto'

import { sameBytes } from '../../lib/digest.ts'
import type { Call, SandboxState } from './endpoint.ts'
import type { Answer } from './refusal.ts'

/**
 * The target of a call about a file, for the fault plan. Such a call names no list, so a rule with
 * a `listId` does not apply to it.
 */
export const target = ({ operation }: Call) => ({ operation, listId: null })

/**
 * The answer about a file. If the fault plan demands it, members are missing or have other values.
 */
export const told = (state: SandboxState, call: Call, body: Record<string, unknown>): Answer => {
  const fault = state.faults.pick(['guest-file-answer'], target(call))
  const gone = new Set(fault?.without ?? [])
  const left = Object.entries({ ...body, ...fault?.says }).filter(([name]) => !gone.has(name))
  return { status: 200, body: Object.fromEntries(left) }
}

/**
 * The URL to which a file must be sent. If the fault plan demands it, the URL is on another host.
 */
export const placeOf = (
  state: SandboxState,
  call: Call,
  storage: string,
  { id, signature }: { id: string; signature: string },
): string => {
  const foreign = state.faults.pick(['guest-file-host'], target(call))
  const origin = foreign?.origin ?? `http://${call.host}`
  return `${origin}${storage}/${id}?X-Amz-Expires=900&X-Amz-Signature=${signature}`
}

/** An error answer of the file storage. It is XML with a code, as from S3. */
export const storageAnswer = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
})

/**
 * Stores bytes at the URL of a file. A second PUT replaces them, as in an object storage.
 * `headersFault` checks the headers that the signature covers. The fault plan can make the URL
 * expire, or cut the bytes.
 */
export const putFile = <F extends { signature: string; bytes: Buffer | null; puts: number }>(
  state: SandboxState,
  call: Call,
  file: F | null,
  rules: { isExpired: (file: F) => boolean; headersFault: (file: F, call: Call) => Answer | null },
): Answer => {
  const signature = Buffer.from(call.query['X-Amz-Signature'] ?? '')
  if (file === null || !sameBytes(Buffer.from(file.signature), signature)) {
    return storageAnswer(403, 'SignatureDoesNotMatch')
  }
  const expired = state.faults.pick(['presigned-expired'], target(call)) !== null
  if (expired || rules.isExpired(file)) return storageAnswer(403, 'AccessDenied')
  const fault = rules.headersFault(file, call)
  if (fault) return fault
  const bytes = Buffer.isBuffer(call.body) ? call.body : Buffer.alloc(0)
  const cut = state.faults.pick(['guest-file-cut'], target(call)) !== null
  file.bytes = cut ? bytes.subarray(0, bytes.length >> 1) : bytes
  file.puts += 1
  const etag = createHash('md5').update(file.bytes).digest('hex')
  return { status: 200, headers: { etag: `"${etag}"` } }
}
