import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import { createFileBlocks } from '../../../src/intake/bytes/compression.ts'
import { FileRefused } from '../../../src/intake/contract.ts'

const [ONE, TWO] = [gzipSync('one\n'), gzipSync('two\n')]
const PADDING = Buffer.alloc(512)

/** The text of a body that arrives in these pieces. */
const readText = async (...pieces: readonly Buffer[]): Promise<string> => {
  const body = async function* () {
    yield* pieces
  }
  const read: Buffer[] = []
  for await (const block of createFileBlocks(body(), 1_000).blocks) read.push(Buffer.from(block))
  return Buffer.concat(read).toString()
}

const isDamaged = (error: unknown): boolean =>
  error instanceof FileRefused && error.code === 'compression-invalid'

/**
 * What followed zeros in a gzip file was left out without a word: rows of an upload, and numbers of
 * a registry. A file whose first piece was one byte was read as text.
 */
describe('A gzip file', () => {
  it('is refused if anything but zeros follows zeros after a member', async () => {
    await assert.rejects(readText(Buffer.concat([ONE, PADDING, TWO])), isDamaged)
    await assert.rejects(readText(ONE, PADDING, TWO), isDamaged)
    await assert.rejects(readText(ONE, PADDING, Buffer.from('x')), isDamaged)
    assert.equal(await readText(Buffer.concat([ONE, TWO]), PADDING), 'one\ntwo\n')
  })

  it('is refused with the place where the gzip data ends, if data follows the zeros', async () => {
    const told = new RegExp(`ends at byte ${ONE.length}\\. Zeros follow it, and then other`, 'u')
    await assert.rejects(readText(Buffer.concat([ONE, PADDING, TWO])), told)
    await assert.rejects(readText(ONE, PADDING, TWO), told)
    await assert.rejects(readText(ONE.subarray(0, 15)), /incomplete or damaged/u)
  })

  it('is known by its first bytes, however small the first pieces are', async () => {
    const bytes = [...ONE].map((byte) => Buffer.of(byte))
    assert.equal(await readText(...bytes), 'one\n')
    assert.equal(await readText(Buffer.from('a')), 'a')
  })
})
