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
