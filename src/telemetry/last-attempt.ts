import type { GatewayEvents } from './events.ts'

/**
 * The result of the last attempt at Genesys, in words for an operator, and the rights that are
 * probably missing.
 */
export const createLastAttempt = () => {
  let told = 'not called yet'
  /** Operation → the right that it lacks, until it is answered. */
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
