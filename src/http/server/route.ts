import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import type { CallableWith, Refuse } from '../../domain/problems/refusing.ts'
import type { Operation } from '../document/operation.ts'
import type { AlwaysCode } from '../document/route-codes.ts'
import type { HttpDeps } from './deps.ts'

/** A strict schema without members, for routes that declare no parameters, no query or no body. */
export const NOTHING = z.strictObject({})

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : never

/**
 * The steps that the plugins of the same names build, by which rows, entries and values are checked
 * and normalised.
 */
export type RouteSteps = Pick<FastifyInstance, 'normalisation' | 'validation'>

/**
 * What a handler gets: everything of the border that cannot refuse with more codes than the route
 * declares.
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
  /** false: HEAD is not answered. */
  exposeHeadRoute?: boolean
  handler: (
    request: RouteRequest<Checked<Params>, Checked<Query>, Checked<Body>>,
    reply: FastifyReply,
    deps: RouteDeps<Code>,
  ) => Promise<unknown>
}

/** Adds a route to the border. */
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
 * Adds routes to `app` (or to a scope of it with separate parsers). A handler gets its dependencies
 * only from here. So its type holds back everything that could refuse with a code that the route
 * does not declare.
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
