import type { Upload } from '../../../domain/uploads/upload.ts'

/** Watches uploads for the pages and streams that show their progress. */
export type UploadWatchStore = {
  /** With one query, returns the uploads whose version differs from the given one. */
  changed(known: ReadonlyMap<string, number>): Promise<Upload[]>
}
