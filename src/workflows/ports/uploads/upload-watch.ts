import type { Upload } from '../../../domain/uploads/upload.ts'

export type UploadWatchStore = {
  /** Those of the uploads whose version is another than the one named; one query. */
  changed(known: ReadonlyMap<string, number>): Promise<Upload[]>
}
