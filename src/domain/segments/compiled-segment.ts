/** Why a dialect cannot express a definition. Callers rely on the codes. */
export type CompileFaultCode =
  | 'segment-too-complex'
  | 'attribute-not-expressible'
  | 'operator-not-expressible'

/** `path`: a JSON pointer to the rule in the definition. */
export type CompileFault = { code: CompileFaultCode; path: string; detail: string }

/**
 * A definition that was translated for a dialect: what is sent, how many rules it has, and from
 * which place in the definition each rule comes.
 */
export type CompiledSegment = {
  body: Readonly<Record<string, unknown>>
  ruleCount: number
  /** Guide: for each rule, a JSON pointer into the definition. Platform: empty. */
  rulePaths: readonly string[]
}

export type Compilation = { compiled: CompiledSegment } | { faults: CompileFault[] }
