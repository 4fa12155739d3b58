/**
 * The cursor of a page: the id after which the next page begins, encoded so that callers do not
 * rely on its form.
 */
const cursorOf = (id: string): string => Buffer.from(id, 'latin1').toString('base64url')

/** The id in a cursor. null: the text is not a cursor. */
export const idOfCursor = (cursor: string): string | null => {
  const id = Buffer.from(cursor, 'base64url').toString('latin1')
  return /^[A-Za-z0-9_-]{1,80}$/.test(id) ? id : null
}

/** Cuts rows that were read with `limit + 1` down to a page. */
export const pageOfRows = <T extends { id: string }>(
  rows: readonly T[],
  limit: number,
): { items: T[]; next: string | null } => {
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, next: last ? cursorOf(last.id) : null }
}
