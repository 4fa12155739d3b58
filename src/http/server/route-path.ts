import type { FastifyRequest } from 'fastify'

/**
 * The path of a call as its route writes it with the decoded ids: one for a call, however its
 * address is spelled (`demo%2Dlist` is `demo-list`). Ids hold no slash, so no two calls have the
 * same.
 */
export const routePath = ({
  params,
  routeOptions,
}: Pick<FastifyRequest, 'params' | 'routeOptions'>): string => {
  const ids = params as Record<string, string>
  return (routeOptions.url ?? '').replaceAll(/:(\w+)/gu, (_, name: string) => ids[name]!)
}
