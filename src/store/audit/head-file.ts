import { appendFile } from 'node:fs/promises'

import type { KeepHead } from '../../workflows/ports/audit/chain.ts'

/**
 * Appends each head to a file, a line of JSON each. The file is opened anew for each: whoever
 * rotates it needs to tell nobody.
 */
export const createHeadFile =
  (path: string): KeepHead =>
  async (head) =>
    appendFile(path, `${JSON.stringify(head)}\n`, { mode: 0o640 })
