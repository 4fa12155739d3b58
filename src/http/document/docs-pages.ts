import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

import type { HttpDeps } from '../server/deps.ts'
import { SANDBOX_NOTICE } from '../server/sandbox-notice.ts'

/**
 * The icon of the documentation pages: a door with an arrow. Swagger's icon belongs to another
 * product.
 */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="5" y="3" width="22" height="26" rx="3" fill="none" stroke="#1f4e79" stroke-width="3"/><path d="M2 16h17m-6-6 6 6-6 6" fill="none" stroke="#d9822b" stroke-width="3"/></svg>'

/**
 * A content security policy for the pages: they load nothing from other hosts, and also work over
 * plain HTTP.
 */
const docsPolicy = (policy: string): string =>
  policy
    .replace(/\s*upgrade-insecure-requests;?/u, '')
    .replace(/ validator\.swagger\.io/u, '')
    .replaceAll(/ https:(?=[ ;])/gu, '')

/** /docs: the API document as pages for people. */
export const registerDocs = async (
  app: FastifyInstance,
  deps: Pick<HttpDeps, 'sandbox'>,
): Promise<void> => {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: docsPolicy,
    logo: null as never,
    // A layout without Swagger's top bar, which shows another product's logo.
    uiConfig: { layout: 'BaseLayout', deepLinking: true, tryItOutEnabled: false },
    theme: {
      title: deps.sandbox ? `Outbound Gateway. ${SANDBOX_NOTICE}` : 'Outbound Gateway',
      favicon: [
        {
          filename: 'icon.svg',
          rel: 'icon',
          sizes: 'any',
          type: 'image/svg+xml',
          content: ICON,
        },
      ],
    },
  })
}
