import type { Caller } from '../../domain/access/access.ts'
import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'
import type { Operation, RouteAccess } from '../document/operation.ts'

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
    /** What the route says of itself; every route has one, but for the pages of the documentation. */
    operation?: Operation
  }
  interface FastifyInstance {
    /** Every operation that is served, in the order in which they were added. */
    operations: () => Operation[]
  }
  interface FastifyRequest {
    /** null on public routes. */
    caller: Caller | null
    startedMs: number
    /** The problem code of the answer, for telemetry. */
    problemCode: string | null
    answered: boolean
    uploadForm: UploadForm | null
  }
}
