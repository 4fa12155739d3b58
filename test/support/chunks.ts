import { cellsOfText, type Chunk, type NewChunk, textOfCells } from '../../src/domain/chunk.ts'

/** The chunk as intake would have handed it over. */
export const asNew = (chunk: Chunk): NewChunk => {
  const { seq, firstLine, lastLine, width, rejected, blank, idDigests, subjectDigests } = chunk
  const rest = { rejected, blank, idDigests, subjectDigests }
  const lines = Uint32Array.from(chunk.lines)
  return { seq, firstLine, lastLine, width, lines, text: textOfCells(chunk), ...rest }
}

/** The chunk as it would be read back. */
export const asRead = ({ text, ...chunk }: NewChunk): Chunk => ({
  ...chunk,
  ...cellsOfText(Buffer.from(text), chunk.lines.length, chunk.width),
  lines: [...chunk.lines],
})
