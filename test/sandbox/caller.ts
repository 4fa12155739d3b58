import type { TestContext } from 'node:test'

import { type Clock, systemClock } from '../../src/lib/clock.ts'
import {
  type SandboxHandle,
  type SandboxOptions,
  startSandbox,
} from '../../src/sandbox/server/start-sandbox.ts'

export const CLIENT = { clientId: 'test-client', clientSecret: 'test-secret' }

/** A clock that moves only when the test advances it. */
export const createManualClock = (): Clock & { advance(ms: number): void } => {
  let nowMs = 0
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + nowMs),
    monotonicMs: () => nowMs,
    sleep: () => Promise.resolve(),
    advance: (ms) => {
      nowMs += ms
    },
  }
}

/**
 * The members that any answer under test may have. An absent member is undefined, and the assertion
 * fails.
 */
export type ReplyBody = {
  access_token: string
  expires_in: number
  error: string
  error_description: string
  code: string
  contextId: string
  id: string
  jobId: string
  uploadId: string
  processed: number
  status: string
  failed: number
  errors: { index: number; contactId?: string; message?: string }[]
  schema: { version: string }
  attributes: { name: string }[]
  contacts: { contactId: string; fields: Record<string, string | null> }[]
  next: number | null
  entities: {
    id: string
    category?: string
    eventMessage?: { code: string; messageParams: Record<string, string> }
  }[]
  url: string
  headers: Record<string, string>
  state?: string
  totalRecords: number
  completedRecords: number
  percentComplete: number
  failureReason?: string
  size: number
  total: number
  pageCount: number
}
export type Reply = { status: number; headers: Headers; body: ReplyBody }

export type Caller = {
  sandbox: SandboxHandle
  login: (clientSecret?: string) => Promise<Reply>
  call: (
    method: string,
    path: string,
    body?: unknown,
    more?: { headers?: Record<string, string>; signal?: AbortSignal },
  ) => Promise<Reply>
  /** POSTs the parts as multipart/form-data, in their order. */
  post: (path: string, parts: readonly FormPart[]) => Promise<Reply>
}

/** A string is sent as a field, bytes as a file. */
export type FormPart = [name: string, content: string | Blob]

export const csvFile = (...lines: string[]): FormPart => [
  'file',
  new Blob(
    lines.map((line) => `${line}\r\n`),
    { type: 'text/csv' },
  ),
]

/** A sandbox on a free port, with a caller that has a token. It is closed with the test. */
export const openSandbox = async (
  t: TestContext,
  options: Partial<SandboxOptions> = {},
): Promise<Caller> => {
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    jobDelayMs: 0,
    provisioningLagMs: 0,
    ...CLIENT,
    ...options,
  })
  t.after(() => sandbox.close())
  const read = async (response: Response): Promise<Reply> => {
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(text === '' ? '{}' : text) as ReplyBody,
    }
  }
  let token = ''
  const login = async (clientSecret = CLIENT.clientSecret): Promise<Reply> => {
    const basic = Buffer.from(`${CLIENT.clientId}:${clientSecret}`).toString('base64')
    const reply = await read(
      await fetch(`${sandbox.url}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      }),
    )
    if (reply.status === 200) token = reply.body.access_token
    return reply
  }
  await login()
  return {
    sandbox,
    login,
    post: async (path, parts) => {
      const form = new FormData()
      for (const [name, content] of parts) {
        if (typeof content === 'string') form.append(name, content)
        else form.append(name, content, 'part-1.csv')
      }
      const headers = { authorization: `Bearer ${token}` }
      return read(await fetch(sandbox.url + path, { method: 'POST', headers, body: form }))
    },
    call: async (method, path, body, more = {}) =>
      read(
        await fetch(sandbox.url + path, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...more.headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(more.signal ? { signal: more.signal } : {}),
        }),
      ),
  }
}

export const guideRow = (id: string, more: Record<string, unknown> = {}) => ({
  contactId: id,
  customerId: id,
  phoneNumber: '+14155550100',
  email: null,
  ...more,
})

export const platformContact = (id: string, data: Record<string, unknown> = {}) => ({
  id,
  contactListId: 'demo-contacts',
  data: { customerId: id, phoneNumber: '+14155550100', ...data },
})

export const BULK = '/api/v2/outbound/lists/demo-contacts/contacts/bulk'
export const CONTACTS = '/api/v2/outbound/contactlists/demo-contacts/contacts'
export const LIST = '/api/v2/outbound/lists/demo-contacts'
export const UPLOAD = `${LIST}/contacts/upload`
export const CALLBACK_UPLOAD = '/api/v2/outbound/contactlists/demo-contacts/upload'
