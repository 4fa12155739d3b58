import type { Call } from './endpoint.ts'

/** A query as Fastify reads it. */
export type RawQuery = Record<string, string | string[]>

/** The SDK repeats a parameter that has several values; others join them by commas. */
export const queryOf = (raw: RawQuery): Pick<Call, 'query' | 'valuesOf'> => ({
  query: Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, [value].flat()[0] ?? '']),
  ),
  valuesOf: (name) => [raw[name] ?? []].flat().flatMap((value) => value.split(',')),
})
