/** Runs SQL on the caller's open transaction, in the form that pg-boss accepts. */
export type SqlExecutor = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

export const QUEUES = ['sync-delivery', 'webhook-verify', 'reconcile'] as const
export type QueueName = (typeof QUEUES)[number]

/** Unordered work. A job carries only an id. No two waiting jobs of a queue have the same id. */
export type JobQueue = {
  /**
   * On the given transaction when there is one: the job exists iff the transaction commits. If a
   * job for the id already waits, it is moved to the time of the latest call.
   */
  send(
    queue: QueueName,
    id: string,
    options: { startAfterMs: number; sql?: SqlExecutor },
  ): Promise<void>
}

/** For ids whose job may have been lost. */
export type JobResender = {
  /**
   * Makes a job for each id that has none waiting, to run immediately. Returns how many had none.
   */
  resend(queue: QueueName, ids: readonly string[]): Promise<number>
}

/** For a database clock that was set back. */
export type JobMover = {
  /** Pending jobs wait as long as before, and the queue's own housekeeping continues. */
  followBack(backMs: number): Promise<void>
}
