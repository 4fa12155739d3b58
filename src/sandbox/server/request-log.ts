import type { FastifyRequest } from 'fastify'

/**
 * One request as it arrived, with enough detail to compare two clients. It holds no content of a
 * body.
 */
export type LoggedRequest = {
  method: string
  path: string
  query: Record<string, string>
  contentType: string | null
  /**
   * The member names of a JSON object or of the first element of an array, or the names of the
   * parts or parameters of a form. null: any other body, or none.
   */
  bodyKeys: string[] | null
}

export type RequestLog = {
  add(request: FastifyRequest, partNames: string[] | null): void
  /** The latest requests, oldest first. */
  recent(): LoggedRequest[]
  reset(): void
}

const KEPT = 500

const keysOf = (body: unknown): string[] | null => {
  const sample: unknown = Array.isArray(body) ? body[0] : body
  if (Buffer.isBuffer(sample) || typeof sample !== 'object' || sample === null) return null
  return sample instanceof URLSearchParams ? [...sample.keys()] : Object.keys(sample)
}

/**
 * Keeps the latest 500 requests. `partNames`: the names of a form's parts. null: the names are read
 * from the body.
 */
export const createRequestLog = (): RequestLog => {
  let kept: LoggedRequest[] = []
  return {
    add: (request, partNames) => {
      if (kept.length >= KEPT) kept.shift()
      const [path = ''] = request.url.split('?')
      const contentType = request.headers['content-type']?.split(';')[0] ?? null
      kept.push({
        method: request.method,
        path,
        query: { ...(request.query as Record<string, string>) },
        contentType,
        bodyKeys: partNames ?? keysOf(request.body),
      })
    },
    recent: () => [...kept],
    reset: () => {
      kept = []
    },
  }
}
