import type { FastifyRequest } from 'fastify'

/**
 * The path of a call with the decoded ids in its route: the same for every spelling of the address
 * (`demo%2Dlist` is `demo-list`). Ids contain no slash, so no two calls have the same path.
 */
export const routePath = ({
  params,
  routeOptions,
}: Pick<FastifyRequest, 'params' | 'routeOptions'>): string => {
  const ids = params as Record<string, string>
  return (routeOptions.url ?? '').replaceAll(/:(\w+)/gu, (_, name: string) => ids[name]!)
}
