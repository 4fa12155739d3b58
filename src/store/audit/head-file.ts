import { appendFile } from 'node:fs/promises'

import type { KeepHead } from '../../workflows/ports/audit/chain.ts'

/**
 * Appends each head to a file, one line of JSON each. Opens the file for every head, so you may
 * rotate the file without notifying the gateway.
 */
export const createHeadFile =
  (path: string): KeepHead =>
  async (head) =>
    appendFile(path, `${JSON.stringify(head)}\n`, { mode: 0o640 })
