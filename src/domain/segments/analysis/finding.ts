import type { Witness } from './contact-space.ts'

/**
 * The usual severity of each code. Exception: if the exclusions remove everyone,
 * `swallowed-by-exclusion` is an `error` (`analyseWhole`). If a finding is an `error`, the
 * definition is applied only after the caller confirms the analysis.
 */
export const FINDING_SEVERITIES = {
  unsatisfiable: 'error',
  contradiction: 'warning',
  redundant: 'info',
  subsumed: 'info',
  'swallowed-by-exclusion': 'warning',
  overlap: 'info',
  'empty-cells': 'warning',
  'house-exclusion-missing': 'warning',
  'literal-taken-as-number': 'info',
  undecided: 'warning',
} as const satisfies Record<string, 'error' | 'warning' | 'info'>

export type FindingCode = keyof typeof FINDING_SEVERITIES
export type FindingSeverity = 'error' | 'warning' | 'info'

/** What a person should know about a definition before it is applied. Places are JSON pointers. */
export type SegmentFinding = {
  code: FindingCode
  severity: FindingSeverity
  path: string
  otherPath?: string
  detail: string
  /** An example contact that shows the finding. */
  witness?: Witness
  /**
   * The places of a few rules that together cause the finding. Each of these rules is needed to
   * cause it.
   */
  paths?: string[]
}

/** Makes a finding. Default for `severity`: the usual severity of the code. */
export const finding = (
  code: FindingCode,
  path: string,
  detail: string,
  about: Pick<SegmentFinding, 'otherPath' | 'witness' | 'paths'> & {
    severity?: FindingSeverity
  } = {},
): SegmentFinding => ({ code, severity: FINDING_SEVERITIES[code], path, detail, ...about })
