import type { DatabaseGauges } from '../../../telemetry/gauge-source.ts'

/** The database, in either form: embedded in the gateway, or a PostgreSQL server. */
export type Home = {
  readonly kind: 'embedded' | 'server'
  /**
   * Throws if the database does not answer or takes no writes. Throws `StorageFull` if its disk is
   * full.
   */
  ping(): Promise<void>
  /** Whether the disk has room for new work. */
  hasRoom(): boolean
  /** Values for the gauges of the metrics. Each scrape of the metrics makes one cheap query. */
  gauges(): Promise<DatabaseGauges>
  /**
   * Binds the store to one Genesys org. `other`: the store is bound to another org and has
   * unfinished work for it.
   */
  bind(binding: { dialect: string; apiHost: string; clientId: string }): Promise<'bound' | 'other'>
  close(): Promise<void>
}
