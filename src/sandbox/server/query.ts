import type { Call } from './endpoint.ts'

/** A query in the form in which Fastify parses it. */
export type RawQuery = Record<string, string | string[]>

/**
 * The values of a query. The SDK repeats a parameter that has several values. Other clients
 * separate the values by commas.
 */
export const queryOf = (raw: RawQuery): Pick<Call, 'query' | 'valuesOf'> => ({
  query: Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, [value].flat()[0] ?? '']),
  ),
  valuesOf: (name) => [raw[name] ?? []].flat().flatMap((value) => value.split(',')),
})
