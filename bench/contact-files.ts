import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { dirtyFile } from '../examples/demo/contacts.ts'

/**
 * The generator of the demo's file keeps all rows that it made in memory. The bench therefore calls
 * the generator for one block after the other. Ten million rows then do not fill the memory.
 */
const BLOCK_ROWS = 250_000
const SEED = 20_260_101

/**
 * The demo's dirty file with `rows` rows. It has one header. In each block of 250,000 rows, some
 * people occur twice.
 */
export async function* contactFile(rows: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    let atHeader = true
    for await (const piece of dirtyFile(Math.min(BLOCK_ROWS, rows - from), SEED + from, from)
      .bytes) {
      yield atHeader && from > 0 ? piece.subarray(piece.indexOf(0x0a) + 1) : piece
      atHeader = false
    }
  }
}

export const writeContactFile = async (path: string, rows: number): Promise<void> => {
  await pipeline(Readable.from(contactFile(rows)), createWriteStream(path))
}
