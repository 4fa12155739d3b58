import type { z } from 'zod'

import type { Scope } from '../../domain/access/access.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { ResponseHeader } from './openapi-headers.ts'

/** One call as the API document tells it; the drift test holds this table to the routes that are served. */
export type Operation = {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  id: string
  summary: string
  access: 'public' | 'metrics' | 'key' | Scope
  query?: z.ZodObject
  upload?: true
  /** The JSON body. */
  body?: z.ZodType
  /** Idempotency-Key is required. */
  idempotencyKey?: true
  ifMatch?: 'required' | 'optional'
  ifNoneMatch?: true
  lastEventId?: true
  /** The sender proves himself by a token in the query or by the headers of Standard Webhooks. */
  webhookProof?: true
  responses: {
    status: number
    about: string
    schema?: z.ZodType
    mediaTypes?: string[]
    /** Beside those that every answer has. */
    headers?: ResponseHeader[]
  }[]
  problems: ProblemCode[]
}

/** What a call with a JSON body may hear of it. */
export const JSON_BODY = [
  'body-invalid',
  'body-malformed',
  'body-too-large',
  'media-type-unsupported',
] as const satisfies readonly ProblemCode[]

/** What a call that needs an Idempotency-Key may hear of it. */
export const KEYED = [
  'idempotency-key-missing',
  'idempotency-key-invalid',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]
