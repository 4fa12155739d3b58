/** Why a dialect cannot express a definition. The codes are contract. */
export type CompileFaultCode =
  | 'segment-too-complex'
  | 'attribute-not-expressible'
  | 'operator-not-expressible'

/** `path`: the rule at fault, a JSON pointer into the definition. */
export type CompileFault = { code: CompileFaultCode; path: string; detail: string }

/**
 * A definition in a dialect's words: what is sent, how many rules it has, and where each comes
 * from.
 */
export type CompiledSegment = {
  body: Readonly<Record<string, unknown>>
  ruleCount: number
  /**
   * A JSON pointer into the definition for each rule of the guide dialect; empty on the platform.
   */
  rulePaths: readonly string[]
}

export type Compilation = { compiled: CompiledSegment } | { faults: CompileFault[] }
