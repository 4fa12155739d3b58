import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import type {
  Hold,
  UploadCounts,
  UploadProblem,
  UploadState,
} from '../../../src/domain/uploads/upload.ts'

/** The upload as the API shows it, with only those members that the callers here read. */
export type UploadView = {
  id: string
  contactListId: string
  state: UploadState
  hold: Hold | null
  version: number
  delivery: { method: string; batches: { total: number; delivered: number; failed: number } }
  source: { bytes: number; sha256: string }
  counts: UploadCounts
  /** Missing in uploads that a test makes up. */
  waitingFor?: { reason: string; since: string } | null
  rejections: Record<string, number>
  problem: UploadProblem | null
}

export type RowView = {
  line: number
  outcome: string
  code: string | null
  column: string | null
  reason: string | null
  contactId: string | null
  cells: string[]
}

export type Answer<T> = { status: number; headers: Headers; body: T; text: string }

export type GatewayClient = {
  call<T = unknown>(path: string, init?: RequestInit): Promise<Answer<T>>
  upload(
    listId: string,
    csv: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: { key?: string; query?: string; contentType?: string },
  ): Promise<Answer<UploadView>>
  /**
   * Uploads. If the answer has `Retry-After`, sends the call again with the same key, up to ten
   * times.
   */
  uploadPatiently(
    listId: string,
    csv: string,
    options: { key: string },
  ): Promise<Answer<UploadView>>
  find(uploadId: string): Promise<UploadView>
  /** Reads the upload every 50 ms until it is as wanted. */
  until(
    uploadId: string,
    wanted: (upload: UploadView) => boolean,
    withinMs?: number,
  ): Promise<UploadView>
  finished(uploadId: string, withinMs?: number): Promise<UploadView>
  rejectedRows(uploadId: string, limit: number): Promise<RowView[]>
}

const FINAL: readonly UploadState[] = ['completed', 'completed_with_errors', 'failed', 'cancelled']
export const isFinished = (upload: UploadView): boolean => FINAL.includes(upload.state)

const POLL_MS = 50

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A client that calls a gateway as a CRM does. */
export const createGatewayClient = (address: string, key: string): GatewayClient => {
  const call = async <T>(path: string, init: RequestInit = {}): Promise<Answer<T>> => {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${key}`)
    const response = await fetch(`${address}${path}`, { ...init, headers })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: parse(text) as T, text }
  }
  const find = async (uploadId: string): Promise<UploadView> => {
    const { status, body, text } = await call<UploadView>(`/v1/uploads/${uploadId}`)
    if (status !== 200) throw new Error(`GET of ${uploadId} answered ${status}: ${text}`)
    return body
  }
  const until: GatewayClient['until'] = async (uploadId, wanted, withinMs = 60_000) => {
    const deadline = performance.now() + withinMs
    for (;;) {
      const upload = await find(uploadId)
      if (wanted(upload)) return upload
      if (performance.now() > deadline) {
        throw new Error(`Not as wanted within ${withinMs} ms: ${JSON.stringify(upload)}`)
      }
      await delay(POLL_MS)
    }
  }
  const upload: GatewayClient['upload'] = (listId, file, options = {}) =>
    call<UploadView>(
      `/v1/contact-lists/${listId}/uploads${options.query ? `?${options.query}` : ''}`,
      {
        method: 'POST',
        headers: {
          'content-type': options.contentType ?? 'text/csv',
          'idempotency-key': options.key ?? randomUUID(),
        },
        // Streaming bodies need `duplex` (WHATWG fetch); the type comes from undici.
        body: file as NonNullable<RequestInit['body']>,
        duplex: 'half',
      },
    )
  return {
    call,
    find,
    until,
    finished: (uploadId, withinMs) => until(uploadId, isFinished, withinMs),
    upload,
    uploadPatiently: async (listId, csv, options) => {
      let answer = await upload(listId, csv, options)
      for (let calls = 1; calls < 10 && answer.headers.has('retry-after'); calls += 1) {
        await delay(Number(answer.headers.get('retry-after')) * 1000)
        answer = await upload(listId, csv, options)
      }
      return answer
    },
    rejectedRows: async (uploadId, limit) => {
      const { body } = await call<{ items: RowView[] }>(
        `/v1/uploads/${uploadId}/rows?outcome=rejected&limit=${limit}`,
      )
      return body.items
    },
  }
}
