import type { Clock } from '../lib/clock.ts'
import type { GatewayEvents } from './events.ts'

/**
 * Remembers how the last attempt to call Genesys ended, and which rights are probably missing.
 * `note` records an attempt. `told` returns a sentence for operators.
 */
export const createLastAttempt = () => {
  let told = 'not called yet'
  /**
   * For each operation, the right that is probably missing. Removed when the operation succeeds.
   */
  const denied = new Map<string, string>()
  const note = (made: GatewayEvents['genesys.attempted']): void => {
    const { operation, failure, status, right } = made
    if (right !== null) denied.set(operation, right)
    else if (failure === null) denied.delete(operation)
    const answer = failure === null ? 'answers' : `last attempt: ${failure}`
    const lacking = [...new Set(denied.values())].join(', ')
    const rights = lacking === '' ? '' : `; probably missing rights: ${lacking}`
    told = `${answer}${failure === null || status === null ? '' : ` (${status})`}${rights}`
  }
  return { note, told: (): string => told }
}

/**
 * A file that waits for the scanner is scanned again every quarter of a minute, but perhaps by
 * another instance. After this time without a scan, the last scan says nothing about the present.
 */
const SCAN_COUNTS_MS = 10 * 60_000

/** Remembers whether the last scan of a guest file by this instance had no verdict. */
export const createLastScan = (clock: Pick<Clock, 'monotonicMs'>) => {
  let withoutVerdictMs = -Infinity
  return {
    note: ({ verdict }: GatewayEvents['guest_file.scanned']): void => {
      withoutVerdictMs = verdict === 'unavailable' ? clock.monotonicMs() : -Infinity
    },
    hadNoVerdict: (): boolean => clock.monotonicMs() - withoutVerdictMs < SCAN_COUNTS_MS,
  }
}
