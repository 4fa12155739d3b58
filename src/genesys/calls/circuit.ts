import type { Emit } from '../../telemetry/events.ts'

/** This many calls in a row without any answer are an outage and not bad luck. */
const FAILURES_TO_OPEN = 8

/** Recognises an outage. Then the client sends probes instead of its pace. */
export type Circuit = {
  /** Genesys answered, whatever the answer was. */
  answered(): void
  /** No answer, or one that means that Genesys is away (5xx). */
  failed(): void
  isOpen(): boolean
}

/** Opens after failures in a row over all calls of the client. The first answer closes it. */
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
