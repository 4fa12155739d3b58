/** The database does not answer or the connection broke: nothing is known of the last statement. Try again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly retry = 'later'
}

/** Its disk has no room: nothing was written, and nothing new is until somebody makes room. */
export class StorageFull extends StoreUnavailable {
  constructor() {
    super('The disk of the database is full')
  }
}
