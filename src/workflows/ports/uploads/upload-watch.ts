import type { Upload } from '../../../domain/uploads/upload.ts'

/** Watches uploads for the pages and streams that show their progress. */
export type UploadWatchStore = {
  /** Returns the uploads whose version is not the given one, with one query. */
  changed(known: ReadonlyMap<string, number>): Promise<Upload[]>
}
