import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { DncExports } from '../../workflows/ports/do-not-call/dnc-lists.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'

const latestSchema = z.looseObject({ uri: z.url(), exportTimestamp: z.string() })
/**
 * How long a download may take. A million entries are about 50 MB, and the gateway stores each
 * chunk of entries before it reads on.
 */
const DOWNLOAD_WITHIN_MS = 30 * 60_000
const RIGHT = 'outbound:dnc:view, outbound:dncList:view'

/**
 * The path of a download. Its host is ignored, because the access token must only go to the API's
 * own host.
 */
const pathOf = (uri: string): string => {
  const { pathname, search } = new URL(uri)
  if (pathname.startsWith('/api/')) return pathname + search
  throw new GenesysFailure('malformed_answer', 'export-dnc-list')
}

/**
 * Passes the body on and notes whether the connection broke. The caller can then distinguish a
 * broken connection from an error of the reader.
 */
const watched = async function* (
  body: AsyncIterable<Uint8Array>,
  broken: { error?: unknown },
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body
  } catch (error) {
    broken.error = error
    throw error
  }
}

/**
 * Exports of DNC lists. Genesys answers the request before it makes the export. When the export is
 * ready, `latest` returns its URI [platform-api: 2.7].
 */
export const createPlatformDncExports = (deps: { call: Caller }): DncExports => {
  const exportOf = (dncListId: string) => ({
    operation: 'export-dnc-list',
    path: `/api/v2/outbound/dnclists/${pathSegment(dncListId)}/export`,
    right: RIGHT,
  })
  return {
    start: async (dncListId, context) => {
      await deps.call({ ...exportOf(dncListId), method: 'POST', schema: z.unknown() }, context)
    },
    latest: async (dncListId, context) => {
      try {
        const { uri, exportTimestamp } = await deps.call(
          { ...exportOf(dncListId), method: 'GET', schema: latestSchema },
          context,
        )
        return { uri, exportedAt: exportTimestamp }
      } catch (error) {
        if (error instanceof GenesysFailure && error.kind === 'not_found') return null
        throw error
      }
    },
    download: async (uri, context, read) => {
      const got: { value?: Awaited<ReturnType<typeof read>>; ours?: { error: unknown } } = {}
      const into = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
        const broken: { error?: unknown } = {}
        try {
          got.value = await read(watched(body, broken))
        } catch (error) {
          if (broken.error === undefined) got.ours = { error }
          throw error
        }
      }
      const asked = {
        operation: 'download-dnc-list',
        method: 'GET',
        path: pathOf(uri),
        right: RIGHT,
      } as const
      try {
        // The call is not retried, because a second try would pass the same entries to `read`
        // again. Instead, the caller starts the whole download again.
        const once = { ...context, retryForMs: 0 }
        await deps.call(
          { ...asked, schema: z.unknown(), timeoutMs: DOWNLOAD_WITHIN_MS, into },
          once,
        )
      } catch (error) {
        throw got.ours === undefined ? error : got.ours.error
      }
      return got.value!
    },
  }
}
