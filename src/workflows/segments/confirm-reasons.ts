import type { AnalysisReport, CampaignSegment } from '../../domain/segments/campaign-segment.ts'

export type ConfirmReason = 'unsatisfiable' | 'swallowed-by-exclusion' | 'change-past-share'

/**
 * How many contacts the version in force selects, calculated from the counts. 0 if the counts are
 * not known.
 */
const selectedBefore = ({ matches, change }: AnalysisReport): number =>
  matches === null || change === null ? 0 : matches.selected - change.enter + change.leave

const isPastShare = (analysis: AnalysisReport, sharePercent: number): boolean => {
  const { change } = analysis
  if (change === null) return false
  const moved = change.enter + change.leave
  return moved / Math.max(selectedBefore(analysis), 1) > sharePercent / 100
}

/**
 * Why a segment needs a confirmation. Empty: it needs none. The share of changed contacts is
 * unknown if no version is in force, or if the change could not be counted. An unknown share is no
 * reason for a confirmation.
 */
export const confirmReasons = (
  analysis: AnalysisReport,
  inForce: CampaignSegment | null,
  sharePercent: number,
): ConfirmReason[] => {
  const dialsNobody = (['unsatisfiable', 'swallowed-by-exclusion'] as const).filter((code) =>
    analysis.findings.some((one) => one.code === code && one.severity === 'error'),
  )
  return inForce !== null && isPastShare(analysis, sharePercent)
    ? [...dialsNobody, 'change-past-share']
    : dialsNobody
}
