import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'

/**
 * What an upload was staged with. `rowsKept`: whether its rows can still be read. `erased`: how
 * many of its rows were erased.
 */
export type Staging = {
  options: UploadOptions
  planBasis: string
  rowsKept: boolean
  erased: number
}
