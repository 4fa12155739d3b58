import './request-context.ts'
import type { IncomingMessage } from 'node:http'

import fastify, { type FastifyInstance } from 'fastify'

import { registerDocs } from '../document/docs-pages.ts'
import { documentPlugin } from '../document/openapi.ts'
import { authPlugin } from '../plugins/auth.ts'
import { callShapePlugin } from '../plugins/call-shape.ts'
import { lifecyclePlugin } from '../plugins/lifecycle.ts'
import { normalisationPlugin } from '../plugins/normalisation.ts'
import { openAnswersPlugin, stalledReaderMs } from '../plugins/open-answers.ts'
import { noteProblem, problemsPlugin, sendProblem } from '../plugins/problems.ts'
import { validationPlugin } from '../plugins/validation.ts'
import { registerKeys } from '../routes/access/keys.ts'
import { registerTenants } from '../routes/access/tenants.ts'
import { registerAuditEntries } from '../routes/audit/audit-entries.ts'
import { registerContactExplain } from '../routes/contact-lists/contact-explain.ts'
import { registerContactLists } from '../routes/contact-lists/contact-lists.ts'
import { registerListSettings } from '../routes/contact-lists/list-settings.ts'
import { registerDeliveredBefore } from '../routes/do-not-call/delivered-before.ts'
import { registerDncControl } from '../routes/do-not-call/dnc-control.ts'
import { registerDncEntries } from '../routes/do-not-call/dnc-entries.ts'
import { registerDncExport } from '../routes/do-not-call/dnc-export.ts'
import { registerDncPull } from '../routes/do-not-call/dnc-pull.ts'
import { registerDncSubmissions } from '../routes/do-not-call/dnc-submissions.ts'
import {
  registerEditionIntake,
  registerRegistries,
} from '../routes/do-not-call/registries/registries.ts'
import { registerWebhookEndpoints } from '../routes/endpoints/webhook-endpoints.ts'
import { registerErasures } from '../routes/erasures/erasures.ts'
import { registerGenesysWebhooks } from '../routes/genesys-events/genesys-webhooks.ts'
import { registerGuestFileIntake, registerGuestFiles } from '../routes/guest-files/guest-files.ts'
import { registerLimits } from '../routes/operations/limits.ts'
import { registerOperations } from '../routes/operations/operations.ts'
import { registerProblemPages } from '../routes/problems/problems.ts'
import { registerEvidence } from '../routes/proof/evidence.ts'
import { registerScrubCertificate } from '../routes/proof/scrub-certificate.ts'
import { registerSegments } from '../routes/segments/segments.ts'
import { registerSigningKeys } from '../routes/signing/signing-keys.ts'
import { registerUploadIntake } from '../routes/uploads/contact-list-uploads.ts'
import { registerUploadControl } from '../routes/uploads/upload-control.ts'
import { registerUploadEvents } from '../routes/uploads/upload-events.ts'
import { registerUploadRows } from '../routes/uploads/upload-rows.ts'
import { registerUploads } from '../routes/uploads/uploads.ts'
import { registerEarlyRefusal } from '../submissions/early-refusal.ts'
import { createClientErrors } from './client-errors.ts'
import type { HttpDeps } from './deps.ts'
import { routesOf } from './route.ts'

export type { HttpDeps } from './deps.ts'

/** The caller's own request id, if it is safe in a log line. Otherwise a new id. */
const requestIdOf = (deps: HttpDeps, raw: Pick<IncomingMessage, 'headers'>): string => {
  const given = raw.headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/u.test(given)
    ? given
    : deps.ids.newId('req')
}

/**
 * How much Node reads from a socket at a time: four times its default, so that a large upload needs
 * a quarter as many reads.
 */
const BODY_BUFFER_BYTES = 256 * 1024

const createFastify = (deps: HttpDeps): FastifyInstance => {
  const clientErrors = createClientErrors(() => deps.ids.newId('req'))
  const app = fastify({
    logger: false,
    trustProxy: deps.trustProxy,
    exposeHeadRoutes: true,
    // While the gateway stops, the lifecycle plugin answers with problem+json. Fastify's own answer
    // is not problem+json.
    return503OnClosing: false,
    // An upload may take hours. The gateway itself ends slow bodies. Node ends slow headers.
    requestTimeout: 0,
    connectionTimeout: stalledReaderMs(deps.limits),
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 200 },
    requestIdHeader: false,
    genReqId: (raw) => requestIdOf(deps, raw),
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16 * 1024,
      highWaterMark: BODY_BUFFER_BYTES,
      // Node would answer a call without a Host itself. `problemsPlugin` refuses it.
      requireHostHeader: false,
    },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
      void sendProblem(deps, error, request, reply)
    },
    clientErrorHandler: (error, socket) => clientErrors.answer(error, socket),
  })
  clientErrors.watch(app.server)
  return app
}

/**
 * The HTTP server with every route of the API, ready to listen. Rejects if a route does not state
 * who may call it, or has no description. When the server is closed, requests in progress can still
 * end, but answers that are not sent after some seconds are broken off. New requests get 503
 * `service-stopping`, except on public routes.
 */
export const createHttpServer = async (deps: HttpDeps): Promise<FastifyInstance> => {
  const app = createFastify(deps)
  app.server.maxHeadersCount = 100
  // An unknown expectation is ignored, as RFC 9110 (10.1.1) allows. Node would answer 417, without
  // a problem document.
  app.server.on('checkExpectation', (...call) => app.server.emit('request', ...call))
  app.removeContentTypeParser('text/plain')
  await app.register(lifecyclePlugin(deps))
  await app.register(openAnswersPlugin(deps))
  // Applies to every route. Otherwise Node would read the whole body of a refused call, however
  // long it is.
  registerEarlyRefusal(app, deps)
  await app.register(problemsPlugin(deps))
  await app.register(authPlugin(deps))
  await app.register(callShapePlugin)
  await app.register(normalisationPlugin)
  await app.register(validationPlugin(deps.rowRules))
  await app.register(documentPlugin(deps))
  await registerDocs(app, deps)
  await app.register(async (scope) => registerUploadIntake(scope, deps))
  await app.register(async (scope) => registerDncEntries(scope, deps))
  await app.register(async (scope) => registerGuestFileIntake(scope, deps))
  await app.register(async (scope) => registerEditionIntake(scope, deps))
  await app.register(async (scope) => registerGenesysWebhooks(scope, deps))
  const add = routesOf(app, deps)
  registerUploads(add)
  registerUploadControl(add)
  registerUploadRows(add)
  registerUploadEvents(app, add, deps)
  registerContactExplain(add)
  registerContactLists(add)
  registerListSettings(add)
  registerSegments(add)
  registerDncSubmissions(add)
  registerDncControl(add)
  registerGuestFiles(add)
  registerDeliveredBefore(add)
  registerDncExport(add)
  registerDncPull(add)
  registerRegistries(add)
  registerWebhookEndpoints(add)
  registerErasures(add)
  registerTenants(add)
  registerKeys(add)
  registerSigningKeys(add)
  registerAuditEntries(add)
  registerScrubCertificate(add)
  registerEvidence(add)
  registerLimits(add)
  registerOperations(app, add)
  registerProblemPages(app, add)
  await deps.pages?.(app, (error, request) => noteProblem(deps, error, request))
  await app.ready()
  return app
}
