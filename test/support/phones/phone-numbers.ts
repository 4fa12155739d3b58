import { isSupportedCountry } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'

import { readPatterns } from '../../../src/domain/phones/phone-pattern.ts'
import type { PatternGraph } from '../../../src/domain/phones/phone-pattern.ts'
import { EMERGENCY_CODES } from '../../../src/domain/phones/phone-short-codes.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import { phonePlans } from './phone-metadata.ts'
import type { PlanPatterns } from './phone-metadata.ts'

/** A text that a person may have written into a phone column, and the region that completes it. */
export type WrittenNumber = { text: string; region: string }

/** Makes random choices. The same seed makes the same choices. */
export type Draw = {
  below: (limit: number) => number
  from: <T>(choices: ArrayLike<T>) => T
  digits: (count: number) => string
  chance: (percent: number) => boolean
}

/** A source of choices for generators. */
export const createDraw = (seed: number): Draw => {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  return {
    below,
    from: (choices) => choices[below(choices.length)]!,
    digits: (count) => Array.from({ length: count }, () => below(10)).join(''),
    chance: (percent) => below(100) < percent,
  }
}

const graphs = new Map<string, PatternGraph>()

const graphOf = (pattern: string): PatternGraph => {
  const graph = graphs.get(pattern) ?? readPatterns([pattern])
  if (graph === null) throw new Error(`not readable: ${pattern}`)
  graphs.set(pattern, graph)
  return graph
}

/** Digits that match a pattern, chosen at random. */
export const digitsFor = (pattern: string, draw: Draw): string => {
  const { nodes, starts } = graphOf(pattern)
  let text = ''
  for (let node = nodes[starts[0]!]!; node.kind !== 'match';) {
    if (node.kind === 'split') node = nodes[draw.chance(50) ? node.first : node.second]!
    else {
      if (node.kind === 'digits') {
        const { set } = node
        text += draw.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((digit) => set & (1 << digit)))
      }
      node = nodes[node.next]!
    }
  }
  return text
}

/**
 * A national number of the plan. It follows one of its types or its general pattern, or is its
 * example, a short code, or nearly anything.
 */
const nationalOf = (plan: PlanPatterns, draw: Draw): string => {
  if (draw.chance(2)) return draw.from(EMERGENCY_CODES)
  const kind = draw.below(20)
  if (kind < 14 && plan.types.length > 0) return digitsFor(draw.from(plan.types), draw)
  if (kind < 16) return digitsFor(plan.general, draw)
  if (kind < 18) return (examples as Record<string, string>)[plan.name] ?? draw.digits(9)
  return draw.digits(draw.chance(50) ? draw.from(plan.lengths) : 1 + draw.below(18))
}

/** The digits with one mistake, as a person types it. */
const mutated = (digits: string, draw: Draw): string => {
  const at = draw.below(digits.length + 1)
  const [before, after] = [digits.slice(0, at), digits.slice(at)]
  switch (draw.below(5)) {
    case 0:
      return before + draw.digits(1) + after.slice(1)
    case 1:
      return before + after.slice(1)
    case 2:
      return before + draw.digits(1) + after
    case 3:
      return before
    default:
      return digits.slice(0, 1 + draw.below(3)) + digits
  }
}

const SEPARATORS = [' ', '-', '.', '/', ' - ', ') ', ' (', '  ', '[', ']', '']

/** The digits in groups, separated by usual and by some unusual characters. */
const punctuated = (digits: string, draw: Draw): string => {
  if (digits.length > 6 && draw.chance(20)) {
    return `(${digits.slice(0, 3)}) ${digits.slice(3, 6)}-${digits.slice(6)}`
  }
  const separator = draw.from(SEPARATORS)
  return digits.replace(/\d{2,4}(?=\d\d)/g, (group) => `${group}${separator}`)
}

/** The ways to write a national number of a plan, as seen from the region where it is read. */
const writtenOf = (plan: PlanPatterns, from: PlanPatterns, national: string, draw: Draw) => {
  const code = plan.callingCode
  const prefix = plan.prefix === null ? '0' : digitsFor(plan.prefix, draw)
  const trunk = draw.chance(50) ? (plan.nationalPrefix ?? '0') : prefix
  const number = draw.chance(40) ? punctuated(national, draw) : national
  const exit = digitsFor(from.exitCode, draw)
  return draw.from([
    `+${code}${number}`,
    `+${code} ${number}`,
    `+${code}-${number}`,
    `+${code} (${trunk}) ${number}`,
    `+${code}${trunk}${number}`,
    `+${code}${code}${number}`,
    number,
    number,
    `${trunk}${number}`,
    `${trunk} ${number}`,
    `(${trunk})${number}`,
    `${prefix}${number}`,
    `${trunk}${trunk}${number}`,
    `00${code}${number}`,
    `00 ${code} (${trunk}) ${number}`,
    `011${code}${number}`,
    `${exit}${code}${number}`,
    `${exit} ${code} ${trunk}${number}`,
    `${exit}${number}`,
    `${code}${number}`,
    `${code} ${number}`,
    `${code}${trunk}${number}`,
    `+${number}`,
    `+${exit}${code}${number}`,
  ])
}

const RUBBISH = [...'0123456789012345678901234567890123456789+-. ()[]/~x#,;e:*\t٣７＋ ']
const SHORT = [
  ...'112 911 999 000 116117 08 12 40404 1122 0 5 110 +112 +1911 +44999 (911) 9-1-1'.split(' '),
]

const rubbish = (draw: Draw): string => {
  if (draw.chance(10)) return draw.from(SHORT)
  if (draw.chance(30)) return `${draw.chance(50) ? '+' : ''}${draw.digits(draw.below(20))}`
  return Array.from({ length: draw.below(20) }, () => draw.from(RUBBISH)).join('')
}

const ends = (text: string, draw: Draw): string => {
  if (draw.chance(90)) return text
  const end = draw.from([' ', '\t', '\r\n', '\u00A0', ' x12', ' ext. 7', ';ext=3', '#', ',5', ')'])
  return draw.chance(50) ? `${text}${end}` : `${end}${text}`
}

/**
 * Numbers, both usual and unusual ones. They follow the patterns of every plan, in national and
 * international form, with exit code and trunk prefix. They are read in their own region and in
 * others, and have all kinds of punctuation and mistakes. Some are no numbers at all.
 */
export function* writtenNumbers(seed: number): Generator<WrittenNumber, never> {
  const draw = createDraw(seed)
  const regions = phonePlans.filter(({ name }) => isSupportedCountry(name))
  const often = regions.filter(({ name }) => ['US', 'GB', 'DE', 'FR', 'CA', 'BR'].includes(name))
  for (;;) {
    const plan = draw.from(phonePlans)
    const own = regions.find(({ name }) => name === plan.name)
    const kind = draw.below(10)
    const foreign = kind < 8 ? draw.from(regions) : draw.from(often)
    const region = kind < 5 ? (own ?? foreign) : foreign
    if (draw.chance(4)) yield { text: rubbish(draw), region: region.name }
    else {
      const national = nationalOf(plan, draw)
      const slipped = draw.chance(25) ? mutated(national, draw) : national
      const text = ends(writtenOf(plan, region, slipped, draw), draw)
      yield { text: draw.chance(3) ? mutated(text, draw) : text, region: region.name }
    }
  }
}
