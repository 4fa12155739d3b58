import type { FastifyRequest } from 'fastify'

/**
 * The path of a call as its route writes it with the decoded ids: one for a call, however its address is spelled (`demo%2Dlist` is
 * `demo-list`). Ids hold no slash, so no two calls have the same.
 */
export const routePath = (request: FastifyRequest): string => {
  const params = request.valid.params as Record<string, string>
  return (request.routeOptions.url ?? '').replaceAll(/:(\w+)/gu, (_, name: string) => params[name]!)
}
