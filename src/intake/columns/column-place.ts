import type { MappedBy } from '../../domain/uploads/upload.ts'

/**
 * The column of the list (`target`) that a column of the file fills, how it was found, and how
 * certain this is. `target: null`: the column of the file fills no column.
 */
export type Place = { target: string | null; by: MappedBy | null; confidence: number | null }
