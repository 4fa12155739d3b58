import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { WEBHOOK_PATHS, type WebhookRoute } from '../../../domain/genesys-events/genesys-webhook.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { WebhookProof } from '../../../workflows/genesys-events/receive-webhook.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { signedMessageId } from './webhook-signature.ts'

/** Past it a webhook is 413; Genesys' hold a few hundred bytes. */
const MAX_BODY_BYTES = 64 * 1024
const TOO_LARGE = 'FST_ERR_CTP_BODY_TOO_LARGE'

/** A token that is given twice is no proof, and no fault of its own. */
const ANY_QUERY = z.looseObject({})

/** A token that is there decides alone: a forged signature does not help a dead token. */
const proofOf = (
  secrets: readonly string[],
  request: FastifyRequest,
  body: Buffer,
): WebhookProof => {
  const { token } = request.query as { token?: unknown }
  if (token !== undefined) {
    return typeof token === 'string' ? { kind: 'token', token } : { kind: 'none' }
  }
  const messageId = signedMessageId(secrets, request.headers, body)
  return messageId === null ? { kind: 'none' } : { kind: 'signed', messageId }
}

/**
 * POST /webhook/genesys-upload and POST /webhooks/genesys/uploads: Genesys calling. Public, with a proof of their own over the raw
 * bytes; in a scope of their own, for there no body is parsed, whatever its content type.
 */
export const registerGenesysWebhooks = async (
  app: FastifyInstance,
  deps: Pick<HttpDeps, 'genesysWebhooks'>,
): Promise<void> => {
  const { receive, secrets } = deps.genesysWebhooks
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: unknown, body: unknown) => body,
  )
  // What type the sender says it is means nothing, and one that cannot be read is no reason to lose the word.
  app.addHook('onRequest', async ({ headers }) => {
    headers['content-type'] = 'application/octet-stream'
  })
  app.setErrorHandler((error) => {
    const large = error instanceof Error && 'code' in error && error.code === TOO_LARGE
    throw large ? new GatewayProblem('webhook-too-large', 'The webhook is too large.') : error
  })
  for (const route of Object.keys(WEBHOOK_PATHS) as WebhookRoute[]) {
    app.post(
      WEBHOOK_PATHS[route],
      {
        bodyLimit: MAX_BODY_BYTES,
        config: { access: 'public', querySchema: ANY_QUERY },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        await receive({ route, proof: proofOf(secrets, request, body), body })
        return reply.code(200).send({ received: true })
      },
    )
  }
}
