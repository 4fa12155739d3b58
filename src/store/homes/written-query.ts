import pg from 'pg'

import {
  areWireValues,
  createMessageWriter,
  type MessageWriter,
  type WireValue,
} from '../endpoints/wire-message.ts'

/**
 * A statement whose messages are already written. `pg` calls `prepare` to send them, and reads the
 * answer.
 */
class WrittenQuery extends pg.Query {
  readonly #message: Uint8Array
  constructor(text: string, message: Uint8Array) {
    super({ text })
    this.#message = message
  }
  requiresPreparation(): boolean {
    return true
  }
  prepare(connection: pg.Connection): void {
    connection.stream.write(this.#message)
  }
}

/**
 * Sends the query. `pg` reports the result of such a query only to its callback, and returns no
 * promise.
 */
export const answered = (client: pg.PoolClient, query: pg.Query): Promise<pg.QueryResult> =>
  new Promise((resolve, reject) => {
    const asked = query as unknown as {
      callback: (error: Error | null, result: pg.QueryResult) => void
    }
    asked.callback = (error, result) => (error ? reject(error) : resolve(result))
    client.query(query)
  })

/** Sends a statement with large bytes among its values, and returns its rows. */
export type SendWritten = (
  client: pg.PoolClient,
  text: string,
  values: readonly WireValue[],
) => Promise<pg.QueryResult>

/** A larger buffer is not kept. It would stay in memory for a statement that is rare. */
const MOST_KEPT_BYTES = 8 * 1024 * 1024

/**
 * Sends large bytes with one copy, into a buffer that is used again. `pg` copies each parameter
 * into a growing message, and three times the bytes would be garbage after each statement. At most
 * as many buffers are kept as statements were under way at the same time.
 */
export const createSendWritten = (): SendWritten => {
  const idle: MessageWriter[] = []
  return async (client, text, values) => {
    const writer = idle.pop() ?? createMessageWriter()
    const message = writer.statement(text, values)
    // If this call fails, the connection may still use the bytes. The writer of these bytes is
    // then not used again.
    const result = await answered(client, new WrittenQuery(text, message))
    if (writer.sizeBytes() <= MOST_KEPT_BYTES) idle.push(writer)
    return result
  }
}

/** From this size on, the copies that `pg` makes cost more than a message of our own. */
const LARGE_BYTES = 64 * 1024

/** Whether a statement with these values should be sent with `SendWritten`, and can be. */
export const holdsLargeBytes = (values: readonly unknown[]): values is readonly WireValue[] =>
  values.some((value) => value instanceof Uint8Array && value.byteLength >= LARGE_BYTES) &&
  areWireValues(values)
