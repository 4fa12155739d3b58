import type { DatabaseGauges } from '../../../telemetry/gauge-source.ts'

export type Home = {
  readonly kind: 'embedded' | 'server'
  /**
   * Throws when the database does not answer or takes no writes, `StorageFull` when its disk has no
   * room.
   */
  ping(): Promise<void>
  /** Whether there is room for new work. */
  hasRoom(): boolean
  /** For gauges; one cheap query each scrape. */
  gauges(): Promise<DatabaseGauges>
  /**
   * The store belongs to one Genesys org. `other`: bound to another while unfinished work exists.
   */
  bind(binding: { dialect: string; apiHost: string; clientId: string }): Promise<'bound' | 'other'>
  close(): Promise<void>
}
