import { createHash, randomBytes, randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import { sameBytes } from '../../lib/digest.ts'

/** The purpose of a file that is sent to a pre-signed URL. */
export type PlacedFor = {
  listId: string
  contactIdName: string | null
  contentType: string
  clearSystemData: boolean
  /** Receives the file if it does not contain contacts of a list. */
  stored?: (bytes: Uint8Array, uploadKey: string) => void
}

export type Place = PlacedFor & {
  uploadKey: string
  signature: string
  /** The headers that the PUT must repeat unchanged. */
  headers: Record<string, string>
  endsAtMs: number
  used: boolean
}

/** Why a storage refuses a PUT. The pre-signed URLs imitate those of S3, and so do the codes. */
export type StorageRefusal = { status: number; code: string; message: string }

export type PresignedPlaces = {
  make(purpose: PlacedFor, livesSeconds: number): Place
  /** Checks a PUT and marks the URL as used, because it accepts only one file. */
  take(
    uploadKey: string,
    signature: string,
    headers: Record<string, unknown>,
  ): Place | StorageRefusal
  reset(): void
}

const SIGNED_PREFIX = 'x-amz-'

const denied = (message: string): StorageRefusal => ({ status: 403, code: 'AccessDenied', message })

const MISMATCH: StorageRefusal = {
  status: 403,
  code: 'SignatureDoesNotMatch',
  message: 'The request signature we calculated does not match the signature you provided.',
}

const headersFault = (place: Place, headers: Record<string, unknown>): StorageRefusal | null => {
  if (headers['authorization'] !== undefined) {
    const message = 'Only one auth mechanism allowed.'
    return { status: 400, code: 'InvalidArgument', message }
  }
  if (headers['content-length'] === undefined) {
    const message = 'You must provide the Content-Length HTTP header.'
    return { status: 411, code: 'MissingContentLength', message }
  }
  const wanted = new Map(Object.entries(place.headers).map(([k, v]) => [k.toLowerCase(), v]))
  for (const [name, value] of wanted) if (headers[name] !== value) return MISMATCH
  const unsigned = Object.keys(headers).some(
    (name) => name.startsWith(SIGNED_PREFIX) && !wanted.has(name),
  )
  return unsigned ? denied('There were headers present which were not signed.') : null
}

/**
 * A URL is valid for `livesSeconds` and for one file. A PUT that `take` refuses does not use the
 * URL up.
 */
export const createPresignedPlaces = (deps: { clock: Clock }): PresignedPlaces => {
  const places = new Map<string, Place>()
  return {
    make: (purpose, livesSeconds) => {
      const uploadKey = `contactlist/${randomUUID()}.csv`
      const digest = createHash('sha256').update(purpose.listId).digest('hex').slice(0, 32)
      const place: Place = {
        ...purpose,
        uploadKey,
        signature: randomBytes(32).toString('hex'),
        headers: { 'Content-Type': purpose.contentType, 'x-amz-meta-contact-list': digest },
        endsAtMs: deps.clock.monotonicMs() + livesSeconds * 1000,
        used: false,
      }
      places.set(uploadKey, place)
      return place
    },
    take: (uploadKey, signature, headers) => {
      const place = places.get(uploadKey)
      if (!place || !sameBytes(Buffer.from(place.signature), Buffer.from(signature)))
        return MISMATCH
      const fault = headersFault(place, headers)
      if (fault) return fault
      if (place.used || deps.clock.monotonicMs() >= place.endsAtMs) {
        return denied('Request has expired')
      }
      place.used = true
      return place
    },
    reset: () => places.clear(),
  }
}
