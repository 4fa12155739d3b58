/** The database does not answer or the connection broke: nothing is known of the last statement. Try again later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly retry = 'later'
}
