import type { SegmentFinding } from '../../domain/segments/analysis/finding.ts'
import type { CompileFault } from '../../domain/segments/compiled-segment.ts'

export type Places = {
  /**
   * The place in the body that the caller sent. It differs from `path` if the body has the short
   * form.
   */
  ofPath(path: string): string
  ofFinding(finding: SegmentFinding): SegmentFinding
  ofFault(fault: CompileFault): CompileFault
}

/** The members of the typed form, with their names in the short form. */
const ROOTS: [string, string][] = [
  ['/contactListIds', '/listIds'],
  ['/conditions', '/demographicMatrix'],
  ['/exclusions', '/exclusionRules'],
]

/** Translates the places in findings and faults into places of the body that the caller sent. */
export const createPlaces = (sentAt: ReadonlyMap<string, string>, isShort: boolean): Places => {
  const roots = isShort ? ROOTS : []
  const known = [...sentAt, ...roots].toSorted(([a], [b]) => b.length - a.length)
  const ofPath = (path: string): string => {
    const found = known.find(([typed]) => path === typed || path.startsWith(`${typed}/`))
    return found === undefined ? path : `${found[1]}${path.slice(found[0].length)}`
  }
  return {
    ofPath,
    ofFault: (fault) => ({ ...fault, path: ofPath(fault.path) }),
    ofFinding: (finding) => ({
      ...finding,
      path: ofPath(finding.path),
      ...(finding.otherPath === undefined ? {} : { otherPath: ofPath(finding.otherPath) }),
      ...(finding.paths === undefined ? {} : { paths: finding.paths.map(ofPath) }),
    }),
  }
}
