import type { Upload } from '../../../domain/uploads/upload.ts'

export type UploadWatchStore = {
  /** The uploads whose version differs from the given one, in one query. */
  changed(known: ReadonlyMap<string, number>): Promise<Upload[]>
}
