import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'

/**
 * The part of a plan that no list can change: the file, the options, and which rows of the file
 * stay out.
 */
export const planBasisOf = (about: {
  fileSha256: string
  options: UploadOptions
  /** By chunk, a bitmap over its accepted rows. */
  leftOut: ReadonlyMap<number, Buffer>
  /** Of a retry: whose rows these are, and which. */
  retry?: { parentId: string; outcomes: readonly string[] }
}): string =>
  sha256Hex(
    canonicalJson({
      file: about.fileSha256,
      options: about.options,
      leftOut: [...about.leftOut]
        .toSorted(([a], [b]) => a - b)
        .map(([seq, bitmap]) => [seq, bitmap.toString('base64')]),
      retry: about.retry ?? null,
    }),
  )

/**
 * What an operator who applies the plan agrees to: file, options, columns, and which rows stay out
 * [design: 6].
 */
export const planDigestOf = (about: {
  basis: string
  schemaVersion: string
  suppressed: number
}): string => sha256Hex(canonicalJson(about))
