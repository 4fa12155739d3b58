import type { FaultBook } from './definition-faults.ts'
import { SEGMENT_LIMITS } from './segment.ts'

/**
 * Reads 1 to 100 different list ids of at most 200 characters. null: there is a fault, which was
 * added to `book`.
 */
export const readListIds = (value: unknown, pointer: string, book: FaultBook): string[] | null => {
  const most = SEGMENT_LIMITS.contactLists
  const valid =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= most &&
    value.every((id) => typeof id === 'string' && id.length > 0 && id.length <= 200) &&
    new Set(value).size === value.length
  if (!valid) book.add(pointer, value === undefined ? 'member-missing' : 'lists-invalid')
  return valid ? (value as string[]) : null
}
