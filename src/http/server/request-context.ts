import type { Caller } from '../../domain/access/access.ts'
import type { Doorway } from '../../workflows/ports/uploads/small-uploads.ts'
import type { Operation, RouteAccess } from '../document/operation.ts'
import type { SubmissionForm } from '../submissions/submission-form.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
    /**
     * The description of the route. Every route has one, except the pages of the documentation and
     * of the console.
     */
    operation?: Operation
    /** A page for people. The API document does not contain it. */
    page?: true
    /**
     * A page whose route reads its body while it arrives. The time limit for small bodies does not
     * apply to this body.
     */
    streams?: true
    /**
     * Open pages make this request without a user's action, so it does not show that a person is
     * there.
     */
    refreshes?: true
  }
  interface FastifyInstance {
    /** All operations, in the order in which they were added. */
    operations: () => Operation[]
    /**
     * Aborts when the gateway stops and waits no longer for the rest of any body. Its reason is the
     * problem to answer with.
     */
    lastBodies: AbortSignal
  }
  interface FastifyRequest {
    /** Who makes the call. null on public routes, and before the key or the session is checked. */
    caller: Caller | null
    startedMs: number
    /** The code of the problem that was answered, for the log. null: none. */
    problemCode: string | null
    answered: boolean
    /** How the body arrives, if the route reads a file. null: it reads none. */
    submissionForm: SubmissionForm | null
    /** What was read about a small upload together with the API key. null: nothing was. */
    doorway: Doorway | null
  }
}
