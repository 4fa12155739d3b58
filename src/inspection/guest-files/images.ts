import { fileFault, type FileFault } from '../../domain/guest-files/file-fault.ts'
import { endsAsZip, hiddenFileIn, holdsScript } from './hidden-file.ts'
import {
  gifStructure,
  jpegStructure,
  pngStructure,
  webpStructure,
  type ImageStructure,
} from './image-structure.ts'
import { unpacksTo } from './png-pixels.ts'

/**
 * The most pixels of a picture. Photographs that phones take are rarely larger. A program that
 * shows a picture of this size needs 400 MB [contracts: 3].
 */
export const MAX_PIXELS = 100_000_000
/**
 * The most pixels of all pictures of an animation together. Ten seconds of full-screen film have
 * half of this number.
 */
const MAX_ANIMATION_PIXELS = 2_000_000_000

const STRUCTURES = {
  'image/png': pngStructure,
  'image/jpeg': jpegStructure,
  'image/gif': gifStructure,
  'image/webp': webpStructure,
} satisfies Record<string, (bytes: Buffer) => ImageStructure | null>

export type ImageType = keyof typeof STRUCTURES

/** Whether `imageFault` can inspect files of this media type. */
export const isImageType = (type: string): type is ImageType => Object.hasOwn(STRUCTURES, type)

/**
 * Programs accept a PDF whose header is within this many bytes of the start (ISO 32000, Annex H).
 */
const PDF_HEADER_REACH_BYTES = 1024

const alsoAnother = (bytes: Buffer, endsAt: number): string | null => {
  if (endsAsZip(bytes)) return 'archive'
  if (bytes.subarray(0, PDF_HEADER_REACH_BYTES).includes('%PDF-')) return 'pdf'
  const behind = hiddenFileIn(bytes.subarray(endsAt))
  if (behind !== null) return behind
  return holdsScript(bytes) ? 'script' : null
}

const NOT_WHOLE = fileFault('file-type-mismatch', 'The image is incomplete or damaged.')

const hasItsPixels = async ({ packed }: ImageStructure): Promise<boolean> =>
  packed === undefined ||
  (packed.wantedBytes !== null && (await unpacksTo(packed.pieces, packed.wantedBytes)))

/**
 * Finds the fault of an image. null: the image is complete and not too large, and no archive,
 * program, PDF or script was found in its bytes.
 */
export const imageFault = async (type: ImageType, bytes: Buffer): Promise<FileFault | null> => {
  const structure = STRUCTURES[type](bytes)
  if (structure === null) return NOT_WHOLE
  if (structure.largestPixels > MAX_PIXELS) {
    return fileFault('image-too-large', `The image has more than ${MAX_PIXELS / 1e6} megapixels.`)
  }
  if (structure.allPixels > MAX_ANIMATION_PIXELS) {
    return fileFault(
      'image-too-large',
      'All pictures of the animation together have too many pixels.',
    )
  }
  if (!(await hasItsPixels(structure))) return NOT_WHOLE
  const hidden = alsoAnother(bytes, structure.endsAt)
  return hidden === null
    ? null
    : fileFault(
        'file-type-mismatch',
        `The image is also a file of another kind, or contains one (${hidden}).`,
      )
}
