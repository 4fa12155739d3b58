import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'

/**
 * A digest of the part of a plan that a change of the list does not affect: the file, the options
 * and the rows that are left out. For a retry, also the rows that the retry sends again, and their
 * upload.
 */
export const planBasisOf = (about: {
  fileSha256: string
  options: UploadOptions
  /** For each chunk with rows left out: a bitmap of the chunk's rows. */
  leftOut: ReadonlyMap<number, Buffer>
  /** For a retry: the upload that the rows come from, and their outcomes. */
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
 * The digest that an operator who applies the plan agrees to. It covers the file, the options, the
 * rows left out, the columns and the number of suppressed rows [design: 6].
 */
export const planDigestOf = (about: {
  basis: string
  schemaVersion: string
  suppressed: number
}): string => sha256Hex(canonicalJson(about))
