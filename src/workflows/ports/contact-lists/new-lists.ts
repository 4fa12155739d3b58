/**
 * The lists that any instance made a moment ago: Genesys indexes a list for up to 30 s, and until
 * then a 404 only means "not yet" [guide-api: Errors and retries]. Asked of the store only when a
 * list is not found.
 */
export type NewLists = {
  /** Stored before anybody else can name the list. */
  add(listId: string): Promise<void>
  has(listId: string): Promise<boolean>
}
