import { TEXT_ENCODINGS } from '../../domain/uploads/text-encoding.ts'
import type { EncodingSource, TextEncoding } from '../../domain/uploads/text-encoding.ts'
import { FileRefused } from '../contract.ts'
import type { ByteDecoder } from './byte-decoder.ts'
import { detectUtf16, findMark, lookOfNoText } from './detect-encoding.ts'
import { createDetectingDecoder } from './detecting-decoder.ts'
import { createSingleByteDecoder } from './single-byte.ts'
import { createUtf8Decoder } from './utf8.ts'
import { createUtf16Decoder } from './utf16.ts'

/**
 * Converts a file's blocks to UTF-8 from any accepted encoding. A result never ends inside a
 * character. Use a result before the next call, because that call may overwrite it.
 */
export type TextBlocks = {
  /**
   * Byte order marks, UTF-16 and files that are not text are recognised only in the first block.
   * This block must have at least the first 4 KiB of the file, or the whole file if the file is
   * smaller.
   */
  push(block: Uint8Array): Buffer
  end(): Buffer
  /**
   * Throws `encoding-invalid` if a byte was not part of a character, or if a detected encoding
   * turned out to be doubtful. `place` returns the place of the fault in the file, for example the
   * line.
   */
  refuseBad(place: () => Record<string, number>): void
  encoding(): TextEncoding
  /** Whether the text looks like text in an encoding other than the one used. */
  isDoubtful(): boolean
  encodingFrom(): EncodingSource
}

type Source = { decoder: ByteDecoder; encoding: () => TextEncoding; from: EncodingSource }

const decoderOf = (encoding: TextEncoding): ByteDecoder => {
  switch (encoding) {
    case 'utf-8':
      return createUtf8Decoder()
    case 'utf-16le':
      return createUtf16Decoder('le')
    case 'utf-16be':
      return createUtf16Decoder('be')
    default:
      return createSingleByteDecoder(encoding)
  }
}

const fixed = (encoding: TextEncoding, from: EncodingSource): Source => ({
  decoder: decoderOf(encoding),
  encoding: () => encoding,
  from,
})

const detected = (first: Uint8Array): Source => {
  const utf16 = detectUtf16(first)
  if (utf16 !== null) return fixed(utf16, 'content')
  const decoder = createDetectingDecoder()
  return { decoder, encoding: decoder.encoding, from: 'content' }
}

const refuse = (detail: string, about: Record<string, unknown> = {}): never => {
  throw new FileRefused('encoding-invalid', detail, about)
}

/**
 * Decides the encoding. A requested encoding comes first, then the encoding of the byte order mark.
 * Without a request and a mark, the content decides. Refuses a file that is not text, and a mark
 * that contradicts the request.
 */
const sourceOf = (
  first: Uint8Array,
  asked: TextEncoding | undefined,
): Source & { skip: number } => {
  const looks = lookOfNoText(first)
  if (looks !== null) refuse(`The file is not text. It looks ${looks}`)
  const mark = findMark(first)
  if (mark !== null && asked !== undefined && mark.encoding !== asked) {
    const detail = `The file begins with the byte order mark of ${mark.encoding}, but the option \`encoding\` names ${asked}. Leave this option out.`
    refuse(detail, { encoding: asked, mark: mark.encoding })
  }
  const skip = mark?.sizeBytes ?? 0
  if (asked !== undefined) return { ...fixed(asked, 'option'), skip }
  return { ...(mark === null ? detected(first) : fixed(mark.encoding, 'mark')), skip }
}

const placeWords = (place: Record<string, number>): string =>
  Object.entries(place)
    .map(([what, number]) => `, ${what} ${number}`)
    .join('')

const asBuffer = (block: Uint8Array): Buffer =>
  Buffer.from(block.buffer, block.byteOffset, block.byteLength)

/**
 * Makes the converter for one file. `asked`: the encoding that the caller named. undefined: the
 * byte order mark or the content decides. The first block throws `encoding-invalid` if the file is
 * not text, or if its mark contradicts `asked`.
 */
export const createTextBlocks = (asked: TextEncoding | undefined): TextBlocks => {
  let source: (Source & { skip: number }) | null = null
  const open = (first: Uint8Array): Source & { skip: number } => (source ??= sourceOf(first, asked))

  return {
    push: (block) => {
      if (source !== null) return source.decoder.push(asBuffer(block))
      const { decoder, skip } = open(block)
      return decoder.push(asBuffer(block).subarray(skip))
    },
    end: () => open(new Uint8Array()).decoder.end(),
    refuseBad: (place) => {
      if (source === null) return
      if (source.from === 'content' && source.decoder.isDoubtful?.() === true) {
        const encoding = source.encoding()
        const detail = `The file is not UTF-8. It is probably not ${encoding} either: if it is read as ${encoding}, it has letters that do not occur in western words. It is probably text from a Mac or from DOS, or text in a non-western alphabet. Save it as UTF-8. If it really is ${encoding}, name the encoding with the option \`encoding\` (${TEXT_ENCODINGS.join(', ')}).`
        refuse(detail, { encoding, ...place() })
      }
      const at = source.decoder.badAt()
      if (at === null) return
      const byte = source.skip + at + 1
      const encoding = source.encoding()
      const where = place()
      const detail = `Byte ${byte} of the file${placeWords(where)}, is not valid ${encoding}. Name the file's encoding with the option \`encoding\` (${TEXT_ENCODINGS.join(', ')}), or save the file as UTF-8.`
      refuse(detail, { encoding, byte, ...where })
    },
    encoding: () => source?.encoding() ?? asked ?? 'utf-8',
    isDoubtful: () => source?.decoder.isDoubtful?.() ?? false,
    encodingFrom: () => source?.from ?? 'content',
  }
}
