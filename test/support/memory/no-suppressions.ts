import type { SuppressionPort } from '../../../src/workflows/ports/do-not-call/suppressions.ts'

/** Suppressions in which nobody is suppressed. */
export const noSuppressions: SuppressionPort = {
  standingOf: async () => ({ epochs: {}, madeBy: {}, editions: [] }),
  suppressedAmong: async () => new Map(),
  asksCountries: false,
  numbersAmong: async (_editions, numbers) => new Uint8Array(numbers.length),
  lookAgain: async () => undefined,
  suppressedIn: async () => new Set(),
  suppressedSince: async () => 0,
  fillSubjects: async () => undefined,
}
