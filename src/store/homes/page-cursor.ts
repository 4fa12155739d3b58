/** A page's cursor: the id after which the next one begins. Opaque to callers. */
const cursorOf = (id: string): string => Buffer.from(id, 'latin1').toString('base64url')

/** null when it was not made by `cursorOf`. */
export const idOfCursor = (cursor: string): string | null => {
  const id = Buffer.from(cursor, 'base64url').toString('latin1')
  return /^[A-Za-z0-9_-]{1,80}$/.test(id) ? id : null
}

/** Cuts rows read with `limit + 1` to a page. */
export const pageOfRows = <T extends { id: string }>(
  rows: readonly T[],
  limit: number,
): { items: T[]; next: string | null } => {
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, next: last ? cursorOf(last.id) : null }
}
