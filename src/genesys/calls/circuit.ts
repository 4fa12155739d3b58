import type { Emit } from '../../telemetry/events.ts'

/** This many failed attempts (`unavailable`) in a row count as an outage. */
const FAILURES_TO_OPEN = 8

/**
 * Recognises an outage of Genesys. During an outage, the client sends calls only at a slow pace, to
 * notice the end of the outage.
 */
export type Circuit = {
  /** Call it when Genesys answered and the failure, if there is one, is not `unavailable`. */
  answered(): void
  /**
   * Call it when an attempt failed as `unavailable`: without an answer, or with an answer such as
   * 503.
   */
  failed(): void
  isOpen(): boolean
}

/**
 * Opens after `FAILURES_TO_OPEN` failures in a row, over all calls of the client. The first answer
 * that is not `unavailable` closes it.
 */
export const createCircuit = (deps: { emit: Emit }): Circuit => {
  let failures = 0
  let open = false
  const turn = (to: boolean): void => {
    open = to
    deps.emit('genesys.circuit.changed', { open, failures })
  }
  return {
    answered: () => {
      if (open) turn(false)
      failures = 0
    },
    failed: () => {
      failures += 1
      if (!open && failures >= FAILURES_TO_OPEN) turn(true)
    },
    isOpen: () => open,
  }
}
