import { writeFile } from 'node:fs/promises'

import { systemClock } from '../../lib/clock.ts'
import type { HttpDeps } from '../server/deps.ts'
import { createHttpServer } from '../server/server.ts'

/** The dependencies that are needed to register the routes. No route is called. */
const UNCALLED = {
  limits: { maxUploadBytes: 1 },
  rowRules: { defaultRegion: 'US', contactIdPattern: /./ },
  genesysWebhooks: { secrets: [] },
  trustProxy: false,
  publicUrl: null,
  sandbox: false,
  clock: systemClock,
} as unknown as HttpDeps

/** The text of `openapi/openapi.json`. */
export const openApiText = async (): Promise<string> => {
  const app = await createHttpServer(UNCALLED)
  try {
    return `${JSON.stringify(app.swagger(), null, 2)}\n`
  } finally {
    await app.close()
  }
}

if (import.meta.main) {
  await writeFile(new URL('../../../openapi/openapi.json', import.meta.url), await openApiText())
}
