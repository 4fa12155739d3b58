import type { ZodType } from 'zod'

import type { Caller, Scope } from '../../domain/access/access.ts'
import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'

/** Who may call a route; `key`: any valid key. Every route declares one; a route without stops the boot. */
export type RouteAccess = 'public' | 'metrics' | 'key' | { scope: Scope }

/** How the file of an upload comes: as a part of a form, or as the body itself. */
export type UploadForm =
  | { kind: 'multipart' }
  | {
      kind: 'bare'
      format: FileFormat
      /** What the charset of the Content-Type names; null = there is none. */
      encoding: TextEncoding | null
      /** The Content-Encoding. */
      compression: 'gzip' | null
    }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
    /** Strict schemas; a route without `querySchema` takes no query at all. */
    querySchema?: ZodType
    paramsSchema?: ZodType
    /** A route that takes a JSON body. */
    bodySchema?: ZodType
    /** The route takes a file: its body is handed on as a stream, its query holds options. */
    upload?: boolean
  }
  interface FastifyInstance {
    /** Every route as `METHOD /pattern`, without HEAD and the pages of the documentation. */
    servedRoutes: () => string[]
  }
  interface FastifyRequest {
    /** null on public routes. */
    caller: Caller | null
    startedMs: number
    /** The problem code of the answer, for telemetry. */
    problemCode: string | null
    answered: boolean
    uploadForm: UploadForm | null
    /** The validated query and path parameters; the query of an upload is as it came, its route reads the options. */
    valid: { query: unknown; params: unknown; body: unknown }
  }
}
