import type { MappedBy } from '../../domain/uploads/upload.ts'

/**
 * Where a column of the file goes, how that was found and how certain it is. `target: null`:
 * nowhere.
 */
export type Place = { target: string | null; by: MappedBy | null; confidence: number | null }
