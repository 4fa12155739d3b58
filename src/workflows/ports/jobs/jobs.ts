/** Runs SQL on the caller's open transaction, in the form that pg-boss accepts. */
export type SqlExecutor = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

export const QUEUES = ['sync-delivery', 'webhook-verify', 'reconcile'] as const
/**
 * The queue decides what the id of a job names: a delivery (`sync-delivery`), a receipt
 * (`webhook-verify`) or an upload (`reconcile`).
 */
export type QueueName = (typeof QUEUES)[number]

/**
 * Work that needs no order. A job contains only an id. No two waiting jobs of a queue have the same
 * id.
 */
export type JobQueue = {
  /**
   * Makes a job. With `sql`, the job is written in that transaction, so that it exists only if the
   * transaction commits. If a job for the id waits already, this call changes the time of that job.
   */
  send(
    queue: QueueName,
    id: string,
    options: { startAfterMs: number; sql?: SqlExecutor },
  ): Promise<void>
}

/** Makes new jobs for ids whose job may have been lost. */
export type JobResender = {
  /**
   * For each id without a waiting job, makes a job that runs immediately. Returns how many it made.
   */
  resend(queue: QueueName, ids: readonly string[]): Promise<number>
}

/** Corrects jobs after the database's clock was set back. */
export type JobMover = {
  /**
   * Subtracts `backMs` from the times of pending jobs, so that their waits do not become longer and
   * the queue's own upkeep continues.
   */
  followBack(backMs: number): Promise<void>
}
