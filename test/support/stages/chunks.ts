import {
  cellsOfText,
  type Chunk,
  type NewChunk,
  type StagedChunk,
  textOfCells,
} from '../../../src/domain/uploads/chunk.ts'

/** The chunk as intake hands it over. */
export const asNew = (chunk: Chunk): NewChunk => {
  const { seq, firstLine, lastLine, width, rejected, blank, idDigests } = chunk
  const { subjectDigests, subjectRows } = chunk
  const rest = { rejected, blank, idDigests, subjectDigests, subjectRows }
  const lines = Uint32Array.from(chunk.lines)
  return { seq, firstLine, lastLine, width, lines, text: textOfCells(chunk), ...rest }
}

/** The chunk as it is read back. */
export const asRead = ({ text, ...chunk }: NewChunk): Chunk => ({
  ...chunk,
  ...cellsOfText(Buffer.from(text), chunk.lines.length, chunk.width),
  lines: [...chunk.lines],
})

/** The chunk as the store returns it. */
export const asStaged = (chunk: NewChunk, leftOut: Buffer = Buffer.alloc(0)): StagedChunk => {
  const { idDigests: _ids, subjectDigests: _subjects, subjectRows: _rows, ...rest } = asRead(chunk)
  return { ...rest, leftOut }
}
