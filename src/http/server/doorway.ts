import type { FastifyRequest } from 'fastify'

import type { ApiKey } from '../../domain/access/access.ts'
import type { HttpDeps } from './deps.ts'
import { routePath } from './route-path.ts'
import { contactListParamsSchema } from './schemas.ts'

/**
 * The largest declared length of a small body. A small body is read completely before any part of
 * the body is stored [design: 6].
 */
const SMALL_BODY_BYTES = 64 * 1024

const declaresSmallBody = ({ headers }: FastifyRequest): boolean => {
  const declared = Number(headers['content-length'] ?? NaN)
  return declared <= SMALL_BODY_BYTES && headers['content-encoding'] === undefined
}

/**
 * The Idempotency-Key in the form in which keys are compared, if the header needs no decoding.
 * null: any other header. The route checks such a header.
 */
const plainIdempotencyKey = (header: string | string[] | undefined): string | null =>
  typeof header === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/u.test(header) ? header : null

/**
 * The key of a call. null: the key is unknown. For a small upload, the same round trip reads
 * everything else that decides about the upload. The result is in `request.doorway`.
 */
export const findKeyOf = async (
  deps: Pick<HttpDeps, 'access' | 'readDoorway'>,
  request: FastifyRequest,
  keyDigest: Buffer,
): Promise<ApiKey | null> => {
  const { operation } = request.routeOptions.config
  const params =
    deps.readDoorway !== undefined && operation?.reads === 'file' && declaresSmallBody(request)
      ? contactListParamsSchema.safeParse(request.params)
      : null
  const idempotencyKey = plainIdempotencyKey(request.headers['idempotency-key'])
  if (deps.readDoorway === undefined || params?.data === undefined || idempotencyKey === null) {
    return deps.access.findKey(keyDigest)
  }
  request.doorway = await deps.readDoorway({
    keyDigest,
    listId: params.data.contactListId,
    method: request.method,
    path: routePath(request),
    idempotencyKey,
  })
  return request.doorway.key
}
