/**
 * The database does not answer or the connection broke: the result of the last statement is
 * unknown. Try again later.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly retry = 'later'
}

/**
 * The disk of the database is full. Nothing was written, and nothing new will be until space is
 * free.
 */
export class StorageFull extends StoreUnavailable {
  constructor() {
    super('The disk of the database is full')
  }
}
