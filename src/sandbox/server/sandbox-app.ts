import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance } from 'fastify'

import { guideCallbackEndpoints } from '../guide/guide-callback-endpoint.ts'
import { guideCampaignEndpoints } from '../guide/guide-campaign-endpoints.ts'
import { guideContactEndpoints } from '../guide/guide-contact-endpoints.ts'
import { guideDncEndpoints } from '../guide/guide-dnc-endpoints.ts'
import { guideGuestFileEndpoints } from '../guide/guide-guest-file-endpoints.ts'
import { guideListEndpoints } from '../guide/guide-list-endpoints.ts'
import { platformMediaEndpoints } from '../platform/guest-files/platform-media-endpoints.ts'
import { platformBulkEndpoints } from '../platform/platform-bulk-endpoints.ts'
import { platformCampaignEndpoints } from '../platform/platform-campaign-endpoints.ts'
import { platformContactEndpoints } from '../platform/platform-contact-endpoints.ts'
import { platformDncEndpoints } from '../platform/platform-dnc-endpoints.ts'
import { platformDncFileEndpoints } from '../platform/platform-dnc-file-endpoints.ts'
import { platformFilterEndpoints } from '../platform/platform-filter-endpoints.ts'
import { platformImportEndpoints } from '../platform/platform-import-endpoints.ts'
import { platformListEndpoints } from '../platform/platform-list-endpoints.ts'
import { platformOrgEndpoints } from '../platform/platform-org-endpoints.ts'
import { BODY_LIMIT_BYTES, type SandboxState } from './endpoint.ts'
import { registerEndpoints } from './exchange.ts'
import { Refusal, refusalAnswer } from './refusal.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const createApp = (state: SandboxState): FastifyInstance => {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  // The SDK sends `content-type: application/json` even with calls that have no body.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null)
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(new Refusal(400, 'bad.request', 'The body is not JSON.'))
    }
  })
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(
            status,
            status === 413
              ? 'request.entity.too.large'
              : status < 500
                ? 'bad.request'
                : 'internal.server.error',
            status === 413 ? `Maximum bytes: ${BODY_LIMIT_BYTES}` : String(error),
          )
    const answer = refusalAnswer(refusal)
    state.book.answered(answer.status)
    return reply.code(answer.status).send(answer.body)
  })
  app.setNotFoundHandler((_request, reply) => {
    const answer = refusalAnswer(new Refusal(404, 'not.found', 'The sandbox has no such call.'))
    return reply.code(404).send(answer.body)
  })
  return app
}

/**
 * The HTTP server of the sandbox, not listening yet. It has both dialects and the storage behind
 * pre-signed URLs.
 */
export const createSandboxApp = async (state: SandboxState): Promise<FastifyInstance> => {
  const app = createApp(state)
  await app.register(multipart)
  const endpoints = [
    tokenEndpoint(state),
    ...guideListEndpoints(state),
    ...guideContactEndpoints(state),
    ...guideCallbackEndpoints(state),
    ...platformListEndpoints(state),
    ...platformOrgEndpoints(state),
    ...platformContactEndpoints(state),
    ...platformBulkEndpoints(state),
    ...platformImportEndpoints(state),
    ...guideCampaignEndpoints(state),
    ...platformCampaignEndpoints(state),
    ...platformFilterEndpoints(state),
    ...guideDncEndpoints(state),
    ...guideGuestFileEndpoints(state),
    ...platformDncEndpoints(state),
    ...platformDncFileEndpoints(state),
    ...platformMediaEndpoints(state),
  ]
  const gated = endpoints.filter(({ ungated }) => !ungated)
  const ungated = endpoints.filter((endpoint) => !gated.includes(endpoint))
  registerEndpoints(app, state, gated)
  // A storage accepts bytes of any type and parses none.
  await app.register(async (storage) => {
    storage.removeAllContentTypeParsers()
    storage.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body)
    })
    registerEndpoints(storage, state, ungated)
  })
  return app
}
