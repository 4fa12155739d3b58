import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { selectionOf } from '../../src/domain/segments/evaluate.ts'
import { placeRules } from '../../src/domain/segments/placed.ts'
import { readDefinition } from '../../src/domain/segments/read-definition.ts'
import type { Leaf } from '../../src/domain/segments/segment.ts'
import {
  isGuideName,
  writeExpression,
  type GuideExpression,
} from '../../src/genesys/guide/segment-expression.ts'
import { compileGuideSegment } from '../../src/genesys/guide/segment-rules.ts'
import {
  compilePlatformSegment,
  type ContactListFilter,
} from '../../src/genesys/platform/segment-filter.ts'
import { readExpression, type RuleExpression } from '../../src/sandbox/guide/rule-expressions.ts'
import { criteriaMean, criteriaSchema } from '../../src/sandbox/platform/contact-criteria.ts'
import {
  bodyOf,
  contactsFor,
  dialledByGuide,
  NOW_MS,
  READING,
  rulesIn,
} from '../support/segments/compiled-rules.ts'
import { rulesOf, segmentTrees } from '../support/segments/segment-trees.ts'

/**
 * A small number for every run. The large one, which takes minutes: SEGMENT_TREES=1000000
 * SEGMENT_STRINGS=100000.
 */
const TREES = Number(process.env['SEGMENT_TREES'] ?? 2_000)
const STRINGS = Number(process.env['SEGMENT_STRINGS'] ?? 2_000)

const HOSTILE = [
  ...[
    "x' OR listId != '",
    "'",
    "''",
    "'''",
    "\\'",
    "');--",
    "' IN ('a', 'b",
    "') OR NOT ('",
    '%27',
  ],
  ...[
    '" OR 1 = 1',
    '\\',
    '\\u0027',
    '\n',
    '\r\n',
    '\u0000',
    '\u2028',
    'ʼ',
    '＇',
    '´',
    '’',
    '‘',
    '\ufeff',
  ],
  ...[
    "' AND age > 0 AND region = '",
    "NOT tier = 'basic'",
    '{"$ne":null}',
    '${x}',
    '`',
    '\ud83d\ude00',
  ],
]
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom("'", '"', ' ', '(', ')', ',', '=', 'O', 'R', '\\', '-'),
    minLength: 1,
    maxLength: 40,
  }),
  fc
    .array(fc.constantFrom(...HOSTILE), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('')),
)

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter(isGuideName)
const literal = fc.oneof(hostileText, fc.integer(), fc.constantFrom(0.5, -1.25, 1e14, 0.000001))
const expressions = fc.letrec<{ any: GuideExpression }>((tie) => {
  const compare = fc.record({
    ...{ kind: fc.constant('compare' as const), name, literal },
    operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
  })
  const member = fc.record({
    ...{ kind: fc.constant('in' as const), name },
    literals: fc.array(literal, { minLength: 1, maxLength: 4 }),
  })
  const not = fc.record({ kind: fc.constant('not' as const), part: tie('any') })
  const group = (kind: 'and' | 'or') =>
    fc.record({
      kind: fc.constant(kind),
      // If a group contains a group of its own kind, reading merges the two.
      parts: fc.array(
        tie('any').filter((part) => part.kind !== kind),
        { minLength: 2, maxLength: 3 },
      ),
    })
  return { any: fc.oneof({ maxDepth: 4 }, compare, member, not, group('and'), group('or')) }
}).any

/** The form of an expression, without its texts. */
const skeleton = (expression: RuleExpression): unknown => {
  const shape = (value: string | number) => (typeof value === 'string' ? 'text' : value)
  switch (expression.kind) {
    case 'compare':
      return { ...expression, literal: shape(expression.literal) }
    case 'in':
      return { ...expression, literals: expression.literals.map(shape) }
    case 'not':
      return { kind: 'not', part: skeleton(expression.part) }
    default:
      return { kind: expression.kind, parts: expression.parts.map(skeleton) }
  }
}

/** Rules of every form that can contain a text. */
const withText = (
  value: string,
): { conditions: { all: (Leaf | { not: Leaf })[] }; exclusions: Leaf[] } => ({
  conditions: {
    all: [
      { attribute: 'region', operator: '=', value },
      { not: { attribute: 'tier', operator: 'in', values: [value, 'other'] } },
    ],
  },
  exclusions: [{ attribute: 'age', operator: '!=', value }],
})

const expressionsOf = (value: string, listId: string): string[] => {
  const body = bodyOf(compileGuideSegment(placeRules(withText(value), []), [listId]))
  return rulesIn(body ?? {}).map(({ filter }) => filter.expression)
}

describe(`Rules as text (${TREES} trees, ${STRINGS} texts)`, () => {
  it('are read back as they were written: parse(serialise(x)) = x', () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        assert.deepEqual(readExpression(writeExpression(expression)), structuredClone(expression))
      }),
      { numRuns: TREES },
    )
  })

  it('have the structure of their definition, whatever a text in it says', () => {
    const [plain] = [expressionsOf('text', 'list').map((text) => skeleton(readExpression(text)))]
    fc.assert(
      fc.property(hostileText, hostileText, (value, listId) => {
        const read = expressionsOf(value, listId).map(readExpression)
        assert.deepEqual(read.map(skeleton), plain)
        const literals = read.flatMap((one) =>
          'literal' in one ? [one.literal] : 'literals' in one ? one.literals : [],
        )
        assert.deepEqual(literals, [listId, value, value, 'other', value])
      }),
      { numRuns: STRINGS },
    )
  })

  it('name no column but one that is a name', () => {
    fc.assert(
      fc.property(hostileText, (attribute) => {
        const conditions: Leaf = { attribute, operator: '=', value: 1 }
        const made = compileGuideSegment(placeRules({ conditions, exclusions: [] }, []), ['l'])
        assert.equal(
          'compiled' in made,
          /^[A-Za-z_][A-Za-z0-9_]*$/.test(attribute) && isGuideName(attribute),
        )
      }),
      { numRuns: STRINGS },
    )
  })

  it('are read from a definition as it was put', () => {
    fc.assert(
      fc.property(segmentTrees('any', 4), (conditions) => {
        const read = readDefinition(
          JSON.parse(
            JSON.stringify({ contactListIds: ['l'], conditions, exclusions: [conditions] }),
          ),
        )
        assert.ok('definition' in read, JSON.stringify(read))
        assert.deepEqual(read.definition.conditions, structuredClone(conditions))
        assert.deepEqual(read.definition.exclusions, [structuredClone(conditions)])
      }),
      { numRuns: Math.min(TREES, 100_000) },
    )
  })
})

describe('People who must not be called', () => {
  const HOUSE: Leaf = { attribute: 'do_not_call', operator: '=', value: 'true' }

  it('are dialled by no segment, in either dialect, whatever its rules say', () => {
    let filters = 0
    fc.assert(
      fc.property(rulesOf('exact'), fc.boolean(), (rules, invites) => {
        // Includes rules that ask for exactly those contacts.
        const asked = invites
          ? {
              ...rules,
              conditions: { any: [HOUSE, ...(rules.conditions ? [rules.conditions] : [])] },
            }
          : rules
        const placed = placeRules(asked, [HOUSE])
        const guide = bodyOf(compileGuideSegment(placed, ['l']))
        const filter = bodyOf(compilePlatformSegment(placed))?.['filter'] as
          | ContactListFilter
          | undefined
        const criteria = filter && criteriaSchema.parse(filter)
        filters += criteria === undefined ? 0 : 1
        const selects = selectionOf({ ...asked, exclusions: [...asked.exclusions, HOUSE] }, NOW_MS)
        for (const contact of contactsFor(rules)) {
          const marked = { ...contact, do_not_call: 'true' }
          const cellOf = (column: string): string | undefined => marked[column as 'do_not_call']
          assert.equal(selects(cellOf), false)
          if (guide !== null) assert.equal(dialledByGuide(rulesIn(guide), marked), false)
          if (criteria) assert.equal(criteriaMean(criteria, cellOf, READING), false)
        }
      }),
      { numRuns: 200 },
    )
    assert.ok(filters > 50, `${filters} filters`)
  })
})
