import type { FastifyRequest } from 'fastify'

/**
 * The path of a call, made from its route and the decoded ids. Every spelling of an address gives
 * the same path (`demo%2Dlist` and `demo-list`). Ids contain no slash, so two different calls never
 * have the same path.
 */
export const routePath = ({
  params,
  routeOptions,
}: Pick<FastifyRequest, 'params' | 'routeOptions'>): string => {
  const ids = params as Record<string, string>
  return (routeOptions.url ?? '').replaceAll(/:(\w+)/gu, (_, name: string) => ids[name]!)
}
