import {
  callbackSchema,
  eventSchema,
  WEBHOOK_PATHS,
} from '../../domain/genesys-events/genesys-webhook.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import { webhookAnswerSchema, webhookQuerySchema } from '../server/schemas.ts'
import type { Operation } from './openapi-operation.ts'

const PROBLEMS_OF_WEBHOOKS: ProblemCode[] = [
  'webhook-proof-invalid',
  'webhook-malformed',
  'webhook-too-large',
  'database-unavailable',
]
const taken = {
  status: 200,
  about: 'Durably taken, or known already',
  schema: webhookAnswerSchema,
}

/** The calls that Genesys makes. */
export const WEBHOOK_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: WEBHOOK_PATHS.callback,
    id: 'receiveUploadCallback',
    summary:
      'Genesys tells how one part of an upload fares, by the URL given with it; what it says is verified with Genesys',
    access: 'public',
    query: webhookQuerySchema,
    webhookProof: true,
    body: callbackSchema,
    responses: [taken],
    problems: PROBLEMS_OF_WEBHOOKS,
  },
  {
    method: 'post',
    path: WEBHOOK_PATHS.event,
    id: 'receiveUploadEvent',
    summary:
      'Genesys tells that an upload ended, to the subscription; the body is an object that names a `jobId` or `uploadId`',
    access: 'public',
    query: webhookQuerySchema,
    webhookProof: true,
    body: eventSchema,
    responses: [taken],
    problems: PROBLEMS_OF_WEBHOOKS,
  },
]
