import { writeFile } from 'node:fs/promises'

import { buildOpenApi } from './openapi.ts'

/** The text of `openapi/openapi.json`. */
export const openApiText = (): string =>
  `${JSON.stringify(buildOpenApi({ publicUrl: null }), null, 2)}\n`

if (import.meta.main) {
  await writeFile(new URL('../../../openapi/openapi.json', import.meta.url), openApiText())
}
