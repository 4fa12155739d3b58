import type { z } from 'zod'

import type { Scope } from '../../domain/access/access.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { ResponseHeader } from './answer-headers.ts'
import type { Example } from './example.ts'
import type { RequestHeader } from './request-headers.ts'
import type { Tag } from './tags.ts'

/**
 * Who may call a route. `public`: anyone. `metrics`: callers on this machine, with the metrics
 * token, or with a key that has the scope `admin`. `key`: anyone with a valid key. `session`:
 * people who are signed in to the console. The pages of the console check the session themselves.
 * `scope`: keys with this scope.
 */
export type RouteAccess = 'public' | 'metrics' | 'key' | 'session' | { scope: Scope }

/** An answer that is not a problem. */
export type Answer = {
  about: string
  /**
   * The schema of `application/json`, for the document and for tests. The server does not check
   * answers against it.
   */
  schema?: z.ZodType
  /**
   * The media types of the answer. If left out: `application/json`, or no body if there is no
   * `schema`. A media type without a schema is text.
   */
  mediaTypes?: readonly string[]
  /** Headers in addition to those that every answer has. */
  headers?: readonly ResponseHeader[]
}

/**
 * The form, by media type, of a body that the handler reads while it arrives. No schema checks such
 * a body, so this is only for the document.
 */
export type DocumentedBody = Record<string, { schema: object; encoding?: object }>

/**
 * Describes a route: who may call it, what it accepts and answers, and which problems it can answer
 * with. The API document is made from these descriptions.
 */
export type Operation<Code extends ProblemCode = ProblemCode> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** In Fastify's notation: `/v1/uploads/:uploadId`. */
  url: string
  access: RouteAccess
  /** The `operationId`: a verb and a noun, unique in the document. */
  id: string
  tag: Tag
  summary: string
  /** The headers that the operation reads. `optional` may describe when the header is needed. */
  headers?: Partial<Record<RequestHeader, 'required' | 'optional' | { optional: string }>>
  /** Strict schemas. If one is left out, nothing is accepted there, except `{}` as the body. */
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  /**
   * How the handler reads the body, if no schema does. `file`: the handler reads the body while the
   * body arrives, and also reads the options in the query. `bytes`: the handler reads the whole
   * body, whatever its type. `json`: the handler reads any JSON and reports faults itself. With
   * `json`, the schema of the body is only for the document. With `file`, the schema of the query
   * is only for the document.
   */
  reads?: 'file' | 'bytes' | 'json'
  /** For `file`: the call accepts only a form. A bare body is refused. */
  formOnly?: true
  documentedBody?: DocumentedBody
  answers: Record<number, Answer>
  /**
   * The operation's own problems. `impliedCodes` adds those that every call of this kind may get.
   */
  problems: readonly Code[]
  /** At least one. A test makes the call of each example. */
  examples: readonly Example[]
}
