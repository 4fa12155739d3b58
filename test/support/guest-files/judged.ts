import { after } from 'node:test'

import type { FileFaultCode } from '../../../src/domain/guest-files/file-fault.ts'
import { namedFile } from '../../../src/domain/guest-files/file-name.ts'
import { createInspection } from '../../../src/inspection/guest-files/inspect-file.ts'
import { systemClock } from '../../../src/lib/clock.ts'

/** The real inspection for a file of tests: the code of the fault, null where a file is let in. */
export const createJudged = (): ((
  name: string,
  content: Buffer | string,
) => Promise<FileFaultCode | null>) => {
  const inspection = createInspection({ clock: systemClock, atOnce: 2 })
  after(() => inspection.close())
  return async (name, content) => {
    const named = namedFile(name)
    if ('code' in named) return named.code
    const bytes = Buffer.from(content)
    const fault = await inspection.inspectFile(named, bytes.length, async () => bytes)
    return fault?.code ?? null
  }
}
