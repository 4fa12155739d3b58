import type { Witness } from './contact-space.ts'

/** For each code, its severity. `error`: applying it needs a confirmation. */
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

/**
 * Something that a person should know about a definition before it dials. Places are JSON pointers.
 */
export type SegmentFinding = {
  code: FindingCode
  severity: FindingSeverity
  path: string
  otherPath?: string
  detail: string
  /** A made-up contact that shows it. */
  witness?: Witness
  /** As few rules as together make it so. */
  paths?: string[]
}

export const finding = (
  code: FindingCode,
  path: string,
  detail: string,
  about: Pick<SegmentFinding, 'otherPath' | 'witness' | 'paths'> & {
    severity?: FindingSeverity
  } = {},
): SegmentFinding => ({ code, severity: FINDING_SEVERITIES[code], path, detail, ...about })
