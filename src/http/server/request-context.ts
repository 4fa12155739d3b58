import type { Caller } from '../../domain/access/access.ts'
import type { Doorway } from '../../workflows/ports/uploads/small-uploads.ts'
import type { Operation, RouteAccess } from '../document/operation.ts'
import type { SubmissionForm } from '../submissions/submission-form.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
    /**
     * What the route says of itself; every route has one, but for the pages of the documentation
     * and of the console.
     */
    operation?: Operation
    /** A page for people: no operation of the API document. */
    page?: true
    /** A page's route that reads its body as it streams in, so that no time is set for it. */
    streams?: true
  }
  interface FastifyInstance {
    /** Every operation that is served, in the order in which they were added. */
    operations: () => Operation[]
    /**
     * Aborts, with the problem to answer, when the gateway stops and waits for no further bytes of
     * bodies.
     */
    lastBodies: AbortSignal
  }
  interface FastifyRequest {
    /** null on public routes. */
    caller: Caller | null
    startedMs: number
    /** The problem code of the answer, for telemetry. */
    problemCode: string | null
    answered: boolean
    /** How the body arrives, if the route reads a file. */
    submissionForm: SubmissionForm | null
    /** What was read of a small upload together with its key. null for everything else. */
    doorway: Doorway | null
  }
}
