import type { Chunk, NewChunk } from '../../domain/uploads/chunk.ts'
import { createDigestBatch, type DigestBatch, DIGEST_SLACK_BYTES } from '../../lib/keyed-digest.ts'

/**
 * A digest of 16 bytes for each row. Equal cells under equal column names give equal bytes, so the
 * register can recognise content.
 */
export type ContentHashes = (
  chunk: Pick<Chunk, 'width' | 'contactIds' | 'cells'>,
  targetColumns: readonly string[],
) => Buffer

/** Makes the same digests from the bytes of a chunk that is not stored yet. */
export type TextContentHashes = (
  chunk: Pick<NewChunk, 'width' | 'lines' | 'text'>,
  targetColumns: readonly string[],
) => Buffer

const purposeOf = (targetColumns: readonly string[]): string =>
  `content:${JSON.stringify(targetColumns)}`

/**
 * Makes the digests, keyed with `digestKey`. The register stores digests for years, so every
 * version of the gateway must make the same digests.
 */
export const createContentHashes =
  (digestKey: Uint8Array): ContentHashes =>
  ({ width, contactIds, cells }, targetColumns) => {
    const digests = createDigestBatch(digestKey, purposeOf(targetColumns))
    for (let row = 0; row < contactIds.length; row += 1) {
      // Cells contain no NUL, so the joined text is unambiguous.
      digests.add(cells.slice(row * width, (row + 1) * width).join('\0'))
    }
    return digests.take()
  }

/**
 * The text with at least `DIGEST_SLACK_BYTES` after it. The text is copied if its buffer ends
 * earlier.
 */
const roomyView = (text: Uint8Array): DataView => {
  const bytes = text.byteLength + DIGEST_SLACK_BYTES
  if (text.byteOffset + bytes <= text.buffer.byteLength) {
    return new DataView(text.buffer, text.byteOffset, bytes)
  }
  const copy = new Uint8Array(bytes)
  copy.set(text)
  return new DataView(copy.buffer)
}

/**
 * Creates a function that lends a batch to `work`, and lends the same batch again for the same
 * columns, because a batch that has grown need not grow again. If `work` throws, the batch is not
 * lent again: it may still have texts.
 */
const createLentBatch = (digestKey: Uint8Array) => {
  let kept: { purpose: string; digests: DigestBatch } | null = null
  return (targetColumns: readonly string[], work: (digests: DigestBatch) => Buffer): Buffer => {
    const purpose = purposeOf(targetColumns)
    const lent =
      kept?.purpose === purpose ? kept : { purpose, digests: createDigestBatch(digestKey, purpose) }
    kept = null
    const made = work(lent.digests)
    kept = lent
    return made
  }
}

/**
 * Adds the cells of each row. This is one function for all chunks, because V8 drops compiled code
 * together with the last function that uses it.
 */
const addRows = (
  digests: DigestBatch,
  { width, lines, text }: Pick<NewChunk, 'width' | 'lines' | 'text'>,
): void => {
  const view = roomyView(text)
  let at = 0
  for (let row = 0; row < lines.length; row += 1) {
    while (text[at++] !== 0);
    const from = at
    for (let cell = 0; cell < width; cell += 1) while (text[at++] !== 0);
    digests.addBytes(view, from, Math.max(from, at - 1))
  }
}

/** The same digests as `createContentHashes`, made without a string for each cell. */
export const createTextContentHashes = (digestKey: Uint8Array): TextContentHashes => {
  const lend = createLentBatch(digestKey)
  return (chunk, targetColumns) =>
    lend(targetColumns, (digests) => {
      addRows(digests, chunk)
      return digests.take()
    })
}
