import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import fc from 'fast-check'
import { init, killThreads } from 'z3-solver'

import { analyseSegment } from '../../src/domain/segments/analysis/analyse.ts'
import type { SegmentFinding } from '../../src/domain/segments/analysis/finding.ts'
import {
  nodeOf,
  placeRules,
  withDescendants,
  type PlacedNode,
} from '../../src/domain/segments/placed.ts'
import { selectedTerm, smtOf } from '../support/segments/segment-smt.ts'
import {
  ruleAt,
  rulesOf,
  withoutRule,
  type TestedRules,
} from '../support/segments/segment-trees.ts'

/** A small number for every run. `SEGMENT_Z3_TREES=10000` is the large one, which takes minutes. */
const TREES = Number(process.env['SEGMENT_Z3_TREES'] ?? 150)
/** Starting a call of the solver costs more than solving, so it gets many trees at a time. */
const LOT = 50

let z3: Awaited<ReturnType<typeof init>>
before(async () => {
  z3 = await init()
})
after(() => killThreads(z3.em))

/** A set of statements. The analysis has said whether all of them can be true: `expected`. */
type Claim = { about: string; asserted: string[]; expected: boolean }

const not = (term: string): string => `(not ${term})`
const and = (...terms: string[]): string => `(and true ${terms.join(' ')})`
const or = (...terms: string[]): string => `(or false ${terms.join(' ')})`

/** Pairs of rules beside each other under `any`, including exclusions. */
const pairsIn = (rules: TestedRules): [string, string][] => {
  const { conditions, exclusions } = placeRules(rules, [])
  const groups: PlacedNode[][] = [conditions, ...exclusions]
    .filter((node) => node !== null)
    .flatMap(withDescendants)
    .flatMap((node) => (node.kind === 'any' ? [node.children] : []))
  return [...groups, exclusions].flatMap((nodes) =>
    nodes.flatMap(({ path }, at) =>
      nodes.slice(at + 1).map((other): [string, string] => [path, other.path]),
    ),
  )
}

/** Turns each finding into a question for the solver, with the answer that the finding predicts. */
const claimsOfFinding = (rules: TestedRules, told: SegmentFinding): Claim[] => {
  const smt = smtOf(rules)
  const at = (path: string): string => smt.term(ruleAt(rules, path))
  const { code, path, paths = [] } = told
  const never = (asserted: string): Claim[] => [
    { about: `${code} ${path}`, asserted: [asserted], expected: false },
  ]
  switch (code) {
    case 'unsatisfiable':
    case 'contradiction':
      return never(and(...paths.map(at)))
    case 'subsumed':
    case 'redundant': {
      const [before, after] = [rules, withoutRule(rules, path)].map((one) => selectedTerm(smt, one))
      return never(`(xor ${before} ${after})`)
    }
    case 'swallowed-by-exclusion':
      return never(and(path === '' ? 'true' : at(path), not(or(...paths.map(at)))))
    default:
      return []
  }
}

const claimsOf = (rules: TestedRules): Claim[] => {
  const { findings, simplified } = analyseSegment(placeRules(rules, []), {
    ...{ reading: 'positive', nowMs: 0, monotonicMs: () => 0 },
  })
  const smt = smtOf(rules)
  const codes = findings.map(({ code, severity }) => `${code} ${severity}`)
  const dialsNobody =
    codes.includes('unsatisfiable error') || codes.includes('swallowed-by-exclusion error')
  const fewer: TestedRules = {
    conditions: simplified.conditions && nodeOf(simplified.conditions),
    exclusions: simplified.exclusions.map(nodeOf),
  }
  const whole = selectedTerm(smt, rules)
  const overlaps = new Set(
    findings
      .filter(({ code }) => code === 'overlap')
      .map(({ path, otherPath }) => `${path} ${otherPath}`),
  )
  return [
    { about: 'dials somebody', asserted: [whole], expected: !dialsNobody },
    {
      about: 'simplified',
      asserted: [`(xor ${whole} ${selectedTerm(smt, fewer)})`],
      expected: false,
    },
    ...pairsIn(rules).map(([path, otherPath]): Claim => {
      const [one, other] = [path, otherPath].map((place) => smt.term(ruleAt(rules, place)))
      return {
        about: `overlap ${path} ${otherPath}`,
        asserted: [and(one!, other!), and(one!, not(other!)), and(not(one!), other!)],
        expected: overlaps.has(`${path} ${otherPath}`),
      }
    }),
    ...findings.flatMap((told) => claimsOfFinding(rules, told)),
  ]
}

type Module = {
  _malloc(bytes: number): number
  HEAPU8: Uint8Array
  ccall(name: string, returns: string, types: string[], values: number[]): void
  async_call(call: () => void): Promise<string>
}
const ROOM_BYTES = 4 * 1024 * 1024
let room = 0

/**
 * What the solver answers to a lot of scripts. The package's own `eval_smtlib2_string` leaves the
 * text on a stack that is used again while another thread still reads it. Here, the text is in
 * memory that stays allocated.
 */
const ask = async (lot: string): Promise<string[]> => {
  const module = z3.em as Module
  room ||= module['_malloc'](ROOM_BYTES)
  const bytes = Buffer.from(`${lot}\0`)
  assert.ok(bytes.length <= ROOM_BYTES)
  module.HEAPU8.set(bytes, room)
  const config = z3.Z3.mk_config()
  const context = z3.Z3.mk_context(config)
  const said = await module.async_call(() =>
    module.ccall(
      'async_Z3_eval_smtlib2_string',
      'void',
      ['number', 'number'],
      [Number(context), room],
    ),
  )
  z3.Z3.del_context(context)
  z3.Z3.del_config(config)
  return said.trim().split('\n')
}

/** The answers to scripts that end with `(check-sat)`, in order. */
const answersTo = async (scripts: readonly string[]): Promise<boolean[]> => {
  const answers: boolean[] = []
  for (let from = 0; from < scripts.length; from += LOT) {
    for (const line of await ask(scripts.slice(from, from + LOT).join('\n'))) {
      assert.match(line, /^(?:un)?sat$/)
      answers.push(line === 'sat')
    }
  }
  return answers
}

test(`the analysis of ${TREES} random segments says what a solver says`, async () => {
  const seed = Number(process.env['SEGMENT_SEED'] ?? Date.now() % 2 ** 31)
  const asked = fc.sample(rulesOf('exact'), { numRuns: TREES, seed }).map((rules) => {
    const claims = claimsOf(rules)
    const { declarations } = smtOf(rules)
    const checks = claims.flatMap(({ asserted }) =>
      asserted.map((term) => `(push)(assert ${term})(check-sat)(pop)`),
    )
    return { rules, claims, script: `(push)${declarations}${checks.join('')}(pop)` }
  })
  const answers = await answersTo(asked.map(({ script }) => script))
  let at = 0
  for (const { rules, claims } of asked) {
    for (const { about, asserted, expected } of claims) {
      const said = answers.slice(at, at + asserted.length).every(Boolean)
      at += asserted.length
      assert.equal(said, expected, `seed ${seed}: ${about} of ${JSON.stringify(rules)}`)
    }
  }
  assert.equal(at, answers.length)
})
