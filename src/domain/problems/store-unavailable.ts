/**
 * Thrown if the database does not answer or the connection was lost. It is unknown whether the last
 * statement had an effect. Try again later.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly retry = 'later'
}

/**
 * Thrown if the disk of the database is full. Nothing was written, and nothing can be written until
 * there is space.
 */
export class StorageFull extends StoreUnavailable {
  constructor() {
    super('The disk of the database is full')
  }
}
