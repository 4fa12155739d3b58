import type { z } from 'zod'

import type { Scope } from '../../domain/access/access.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { ResponseHeader } from './answer-headers.ts'
import type { Example } from './example.ts'
import type { RequestHeader } from './request-headers.ts'
import type { Tag } from './tags.ts'

/**
 * Who may call a route. `key`: any valid key. `session`: users who are signed in to the console,
 * which checks that itself.
 */
export type RouteAccess = 'public' | 'metrics' | 'key' | 'session' | { scope: Scope }

/** An answer that is not a problem. */
export type Answer = {
  about: string
  /**
   * Of `application/json`; it is for the document and for tests, an answer is not checked when it
   * is sent.
   */
  schema?: z.ZodType
  /** If it is not only `application/json`. Media types without a schema are text. */
  mediaTypes?: readonly string[]
  /** Beside those that every answer has. */
  headers?: readonly ResponseHeader[]
}

/** A body that is read as it streams in, so no schema checks it: its form, by media type. */
export type DocumentedBody = Record<string, { schema: object; encoding?: object }>

/**
 * The description of a route: who may call it, what it accepts and answers, and with which problems
 * it can refuse a call. The API document is made from it.
 */
export type Operation<Code extends ProblemCode = ProblemCode> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As Fastify writes it: `/v1/uploads/:uploadId`. */
  url: string
  access: RouteAccess
  /** `operationId`: a verb and a noun, unique. */
  id: string
  tag: Tag
  summary: string
  /** `optional` may say when it is needed. */
  headers?: Partial<Record<RequestHeader, 'required' | 'optional' | { optional: string }>>
  /** Strict schemas. A part that is left out accepts nothing. */
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  /**
   * The handler reads the body itself. `file` streams it in and also reads the options of the
   * query. `bytes` reads it whole, whatever its type. `json` reads any JSON, and the validation
   * reports its faults. Query (for `file`) and body are then documented, and not checked before the
   * handler.
   */
  reads?: 'file' | 'bytes' | 'json'
  /** Of a `file`: it comes in a form alone, and no bare body is taken. */
  formOnly?: true
  documentedBody?: DocumentedBody
  answers: Record<number, Answer>
  /** Its own problems; those that every call of its kind can meet (`impliedCodes`) are added. */
  problems: readonly Code[]
  /** At least one; a test makes each call. */
  examples: readonly Example[]
}
