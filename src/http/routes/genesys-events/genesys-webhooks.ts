import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { dncChangeSchema } from '../../../domain/genesys-events/dnc-change.ts'
import {
  callbackSchema,
  eventSchema,
  WEBHOOK_PATHS,
  type WebhookRoute,
} from '../../../domain/genesys-events/genesys-webhook.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { WebhookProof } from '../../../workflows/genesys-events/receive-webhook.ts'
import { WEBHOOK_REFUSALS } from '../../../workflows/genesys-events/refusals.ts'
import type { Answer } from '../../document/operation.ts'
import { PROOF_HEADERS } from '../../document/request-headers.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { routesOf, type AddRoute } from '../../server/route.ts'
import { webhookAnswerSchema, webhookQuerySchema } from '../../server/schemas.ts'
import { WEBHOOK_EXAMPLES } from './webhook-examples.ts'
import { signedMessageId } from './webhook-signature.ts'

/** A larger webhook gets 413. Webhooks of Genesys have a few hundred bytes. */
const MAX_BODY_BYTES = 64 * 1024
const TOO_LARGE = 'FST_ERR_CTP_BODY_TOO_LARGE'

/**
 * What proves the sender's identity. If the URL has a token, only the token counts, so a signature
 * cannot replace an expired token.
 */
const proofOf = (
  secrets: readonly string[],
  request: Pick<FastifyRequest, 'query' | 'headers'>,
  body: Buffer,
): WebhookProof => {
  const { token } = request.query as { token?: unknown }
  if (token !== undefined) {
    return typeof token === 'string' ? { kind: 'token', token } : { kind: 'none' }
  }
  const messageId = signedMessageId(secrets, request.headers, body)
  return messageId === null ? { kind: 'none' } : { kind: 'signed', messageId }
}

const TAKEN: Answer = {
  about: 'The gateway has stored the webhook durably, either in this call or in an earlier call',
  schema: webhookAnswerSchema,
}

const BODIES: Record<WebhookRoute, z.ZodType> = {
  callback: callbackSchema,
  event: eventSchema,
  dnc: dncChangeSchema,
}

/** The operation ids and the summaries for the API document. */
const WORDS: Record<WebhookRoute, { id: string; summary: string }> = {
  callback: {
    id: 'receiveUploadCallback',
    summary:
      'Genesys reports the status of one part of an upload, at the URL that the gateway sent with that part. The gateway then checks the status in Genesys',
  },
  event: {
    id: 'receiveUploadEvent',
    summary:
      'Genesys reports that an upload ended. The gateway has subscribed to these reports. The body is an object with a `jobId` or an `uploadId`',
  },
  dnc: {
    id: 'receiveDncChange',
    summary:
      'Genesys reports new entries in a DNC list. The gateway forwards the report as `dnc.external_change`',
  },
}

const addWebhook = (add: AddRoute, route: WebhookRoute): void => {
  add({
    ...WORDS[route],
    method: 'POST',
    url: WEBHOOK_PATHS[route],
    bodyLimit: MAX_BODY_BYTES,
    access: 'public',
    tag: 'genesys-events',
    query: webhookQuerySchema,
    headers: PROOF_HEADERS,
    body: BODIES[route],
    // The signature is computed over the exact bytes.
    reads: 'bytes',
    answers: { 200: TAKEN },
    problems: ['webhook-too-large', 'media-type-unsupported', ...WEBHOOK_REFUSALS],
    examples: WEBHOOK_EXAMPLES[route],
    handler: async (request, reply, { genesysWebhooks }) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const proof = proofOf(genesysWebhooks.secrets, request, body)
      await genesysWebhooks.receive({ route, proof, body })
      return reply.code(200).send({ received: true })
    },
  })
}

/**
 * POST /webhook/genesys-upload, /webhooks/genesys/uploads and /webhooks/genesys/dnc-entries: the
 * calls that Genesys makes. They need no key, because each call has another proof of its sender.
 * Register them in a separate Fastify scope, in which no body is parsed.
 */
export const registerGenesysWebhooks = async (
  app: FastifyInstance,
  deps: HttpDeps,
): Promise<void> => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: unknown, body: unknown) => body,
  )
  // The Content-Type of the sender does not matter. Fastify would refuse a type that it cannot
  // parse, and the webhook would be lost.
  app.addHook('onRequest', async ({ headers }) => {
    headers['content-type'] = 'application/octet-stream'
  })
  app.setErrorHandler((error) => {
    const large = error instanceof Error && 'code' in error && error.code === TOO_LARGE
    throw large ? new GatewayProblem('webhook-too-large', 'The webhook is too large.') : error
  })
  const add = routesOf(app, deps)
  for (const route of Object.keys(WEBHOOK_PATHS) as WebhookRoute[]) addWebhook(add, route)
}
