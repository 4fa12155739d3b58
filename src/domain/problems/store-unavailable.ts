/**
 * Thrown if the database does not answer or takes no writes, if the connection was lost, or if a
 * commit may not have reached the standby. The last statement may or may not have had an effect.
 * The caller can try again later.
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
