/** The steps of a start, in order. The log shows these words. */
export type StartStep =
  | 'open-embedded-database'
  | 'open-database'
  | 'start-sandbox'
  | 'prepare-work'
  | 'warm-up'
  | 'start-jobs'
  | 'listen'

/** The names of the background jobs, as `job.failed` reports them. */
export const JOB_NAMES = [
  'audit-chain',
  'audit-refusals',
  'clock',
  'dnc-pull',
  'holds',
  'maintenance',
  'queue',
  'reconcile',
  'register-fill',
  'registries',
  'subscription',
  'sweep',
  'sync-delivery',
  'tenant-use',
  'upload-watch',
  'webhook-verify',
] as const
export type JobName = (typeof JOB_NAMES)[number]

/** The events of the start and the stop of a process. */
export type ProcessEvents = {
  'process.starting': { step: StartStep; forMs: number }
  'process.started': {
    address: string
    home: string
    dialect: string
    sandbox: boolean
    /** Whether the gateway scans guest files. */
    scanner: 'clamd' | 'not-configured'
  }
  /** DATA_DIR holds an embedded database, but the gateway uses the one of DATABASE_URL. */
  'store.left_behind': Record<string, never>
  'process.stopping': { signal: string }
  'process.stopped': { durationMs: number; clean: boolean }
}

export const PROCESS_EVENT_LEVELS = {
  'process.starting': 'info',
  'process.started': 'info',
  'store.left_behind': 'warn',
  'process.stopping': 'info',
  'process.stopped': 'info',
} as const
