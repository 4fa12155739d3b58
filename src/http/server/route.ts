import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import type { CallableWith, Refuse } from '../../domain/problems/refusing.ts'
import type { Operation } from '../document/operation.ts'
import type { AlwaysCode } from '../document/route-codes.ts'
import type { HttpDeps } from './deps.ts'

/** A strict schema without members, for routes without parameters, query or body. */
export const NOTHING = z.strictObject({})

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : never

/**
 * The steps of the plugins `normalisation` and `validation`. Handlers use them to check and
 * normalise rows, entries and values.
 */
export type RouteSteps = Pick<FastifyInstance, 'normalisation' | 'validation'>

/**
 * The dependencies that a handler gets. If a function may refuse with a code that the route does
 * not declare, the handler cannot call it.
 */
export type RouteDeps<Code extends ProblemCode> = CallableWith<Code | AlwaysCode, HttpDeps> &
  RouteSteps & { refuse: Refuse<Code | AlwaysCode> }

export type RouteRequest<Params = unknown, Query = unknown, Body = unknown> = FastifyRequest<{
  Params: Params
  Querystring: Query
  Body: Body
}>

export type Route<
  Code extends ProblemCode,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
> = Operation<Code> & {
  params?: Params
  query?: Query
  body?: Body
  bodyLimit?: number
  /** false: the route does not answer HEAD. */
  exposeHeadRoute?: boolean
  handler: (
    request: RouteRequest<Checked<Params>, Checked<Query>, Checked<Body>>,
    reply: FastifyReply,
    deps: RouteDeps<Code>,
  ) => Promise<unknown>
}

/** Adds a route to the API. */
export type AddRoute = <
  const Code extends ProblemCode,
  Params extends z.ZodType = typeof NOTHING,
  Query extends z.ZodType = typeof NOTHING,
  Body extends z.ZodType = typeof NOTHING,
>(
  route: Route<Code, Params, Query, Body>,
) => void

const refuse = (
  code: ProblemCode,
  detail: string,
  about: Record<string, unknown> = {},
  retryAfterSeconds: number | null = null,
): GatewayProblem => new GatewayProblem(code, detail, about, retryAfterSeconds)

/**
 * Makes a function that adds routes to `app`, or to a scope of `app` with different parsers.
 * Handlers get their dependencies only from this function. So the type of the dependencies can
 * exclude functions that may refuse with a code that the route does not declare.
 */
export const routesOf = (app: FastifyInstance, deps: HttpDeps): AddRoute => {
  const { normalisation, validation } = app
  const handed = { ...deps, normalisation, validation, refuse }
  return ({ handler, bodyLimit, exposeHeadRoute, ...operation }) => {
    app.route({
      method: operation.method,
      url: operation.url,
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(exposeHeadRoute !== undefined && { exposeHeadRoute }),
      config: { access: operation.access, operation },
      handler: (request, reply) => handler(request as never, reply, handed as never),
    })
  }
}
