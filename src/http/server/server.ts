import './request-context.ts'
import type { IncomingMessage } from 'node:http'

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'

import { buildOpenApi } from '../document/openapi.ts'
import { authPlugin } from '../plugins/auth.ts'
import { lifecyclePlugin } from '../plugins/lifecycle.ts'
import { normalisationPlugin } from '../plugins/normalisation.ts'
import { problemsPlugin, sendProblem } from '../plugins/problems.ts'
import { validationPlugin } from '../plugins/validation.ts'
import { registerContactExplain } from '../routes/contact-lists/contact-explain.ts'
import { registerContactLists } from '../routes/contact-lists/contact-lists.ts'
import { registerWebhookEndpoints } from '../routes/endpoints/webhook-endpoints.ts'
import { registerGenesysWebhooks } from '../routes/genesys-events/genesys-webhooks.ts'
import { registerLimits } from '../routes/operations/limits.ts'
import { registerOperations } from '../routes/operations/operations.ts'
import { registerProblemPages } from '../routes/problems/problems.ts'
import { registerUploadIntake } from '../routes/uploads/contact-list-uploads.ts'
import { registerUploadControl } from '../routes/uploads/upload-control.ts'
import { registerUploadEvents } from '../routes/uploads/upload-events.ts'
import { registerUploadRows } from '../routes/uploads/upload-rows.ts'
import { registerUploads } from '../routes/uploads/uploads.ts'
import { answerClientError } from './client-errors.ts'
import type { HttpDeps } from './deps.ts'
import { SANDBOX_NOTICE } from './sandbox-notice.ts'

export type { HttpDeps } from './deps.ts'

/** A caller's own request id, when it is harmless in a log line; else a new one. */
const requestIdOf = (deps: HttpDeps, raw: Pick<IncomingMessage, 'headers'>): string => {
  const given = raw.headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/u.test(given)
    ? given
    : deps.ids.newId('req')
}

/** Four reads of a socket: a large upload wakes the gateway a quarter as often. */
const BODY_BUFFER_BYTES = 256 * 1024

const createFastify = (deps: HttpDeps): FastifyInstance =>
  fastify({
    logger: false,
    trustProxy: deps.trustProxy,
    exposeHeadRoutes: true,
    // The stopping answer is problem+json too (lifecycle plugin).
    return503OnClosing: false,
    // Uploads may take hours; slow bodies are ended by their own guards, slow headers by Node.
    requestTimeout: 0,
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 200 },
    requestIdHeader: false,
    genReqId: (raw) => requestIdOf(deps, raw),
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16 * 1024,
      highWaterMark: BODY_BUFFER_BYTES,
    },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
      void sendProblem(deps, error, request, reply)
    },
    clientErrorHandler: (error, socket) => {
      answerClientError(error, socket, deps.ids.newId('req'))
    },
  })

/** The pages load nothing from elsewhere, and are served over plain HTTP too. */
const docsPolicy = (policy: string): string =>
  policy
    .replace(/\s*upgrade-insecure-requests;?/u, '')
    .replace(/ validator\.swagger\.io/u, '')
    .replaceAll(/ https:(?=[ ;])/gu, '')

const registerDocs = async (app: FastifyInstance, deps: HttpDeps): Promise<void> => {
  const document = buildOpenApi({ publicUrl: deps.publicUrl })
  if (deps.sandbox) Object.assign(document['info'] as object, { summary: SANDBOX_NOTICE })
  await app.register(swagger, {
    mode: 'static',
    specification: { document: document as never },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: docsPolicy,
    theme: { title: deps.sandbox ? `Outbound gateway. ${SANDBOX_NOTICE}` : 'Outbound gateway' },
  })
}

/**
 * The HTTP border: every route of the API, ready to listen. Rejects when a route does not say who may call it.
 * Closing it lets running requests end; new ones are answered 503 `service-stopping`.
 */
export const createHttpServer = async (deps: HttpDeps): Promise<FastifyInstance> => {
  const app = createFastify(deps)
  app.server.maxHeadersCount = 100
  app.removeContentTypeParser('text/plain')
  await app.register(lifecyclePlugin(deps))
  await app.register(problemsPlugin(deps))
  await app.register(authPlugin(deps))
  await app.register(normalisationPlugin)
  await app.register(validationPlugin)
  await registerDocs(app, deps)
  await app.register(async (scope) => registerUploadIntake(scope, deps))
  await app.register(async (scope) => registerGenesysWebhooks(scope, deps))
  registerUploads(app, deps)
  registerUploadControl(app, deps)
  registerUploadRows(app, deps)
  registerUploadEvents(app, deps)
  registerContactExplain(app, deps)
  registerContactLists(app, deps)
  registerWebhookEndpoints(app, deps)
  registerLimits(app, deps)
  registerOperations(app, deps)
  registerProblemPages(app, deps)
  await app.ready()
  return app
}
