import type { Clock } from '../../lib/clock.ts'
import type { Scanner } from '../ports/guest-files/scanner.ts'

/**
 * The longest wait for the scanner. Some load balancers wait only a second for `/readyz`, and the
 * check of the database also needs a part of it.
 */
const ANSWER_WITHIN_MS = 500

/**
 * What `/readyz` shows about the scanner. Calls at the same time share one question, so a silent
 * scanner has at most one such connection of this instance. null: no scanner is configured.
 */
export const createScannerDetail = (deps: {
  scanner: Pick<Scanner, 'engine'> | null
  clock: Pick<Clock, 'sleep'>
}): (() => Promise<string>) => {
  const { scanner, clock } = deps
  let asked: Promise<string> | null = null
  const ask = async ({ engine }: Pick<Scanner, 'engine'>): Promise<string> => {
    const late = new AbortController()
    const answered = new AbortController()
    clock.sleep(ANSWER_WITHIN_MS, answered.signal).then(
      () => late.abort(),
      () => undefined,
    )
    try {
      return (await engine(late.signal)) ?? 'clamd does not answer: guest files wait'
    } finally {
      answered.abort()
    }
  }
  return async () => {
    if (scanner === null) return 'not configured: nothing scans guest files'
    asked ??= ask(scanner).finally(() => {
      asked = null
    })
    return asked
  }
}
