/** Runs SQL on the caller's open transaction, in the shape pg-boss takes. */
export type SqlExecutor = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

export const QUEUES = ['sync-delivery', 'webhook-verify', 'reconcile'] as const
export type QueueName = (typeof QUEUES)[number]

/** Unordered work. A job carries an id and nothing else; of the jobs that wait in a queue none has the id of another. */
export type JobQueue = {
  /**
   * On the given transaction when there is one: the job exists iff the transaction commits. Where a job for the id waits already, that
   * one is moved to the time asked for last.
   */
  send(
    queue: QueueName,
    id: string,
    options: { startAfterMs: number; sql?: SqlExecutor },
  ): Promise<void>
}

/** For ids whose job may have been lost. */
export type JobResender = {
  /** A job for each, at once, but for those whose job waits for its turn; returns for how many there was none. */
  resend(queue: QueueName, ids: readonly string[]): Promise<number>
}

/** For a database's clock that was set back. */
export type JobMover = {
  /** What was to come is to come in as long as before, and the queue's own housekeeping goes on. */
  followBack(backMs: number): Promise<void>
}
