/**
 * The lists that any instance made in the last 30 s. Genesys needs up to 30 s to index a new list.
 * Until then, a 404 from Genesys only means "not yet" [guide-api: Errors and retries]. Call `has`
 * only if Genesys does not find a list.
 */
export type NewLists = {
  /**
   * Call this before the list's id is returned to anyone, so that no caller can name a list that is
   * not recorded here.
   */
  add(listId: string): Promise<void>
  has(listId: string): Promise<boolean>
}
