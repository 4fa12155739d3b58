import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { faultPlanSchema, faultRuleSchema } from '../../../src/sandbox/faults/fault-plan.ts'
import { OPERATIONS } from '../../../src/sandbox/faults/operations.ts'

const PAGE = readFileSync('docs/sandbox.md', 'utf8')

/** The first cell and the last cell of every row of a table. */
const rows = [...PAGE.matchAll(/^\| (.+?) \|.*\| (.+) \|$/gm)].map(([, first = '', last = '']) => ({
  first,
  last,
}))

test('docs/sandbox.md has every kind of fault, with an example that the sandbox takes', () => {
  const examples = rows.filter(({ last }) => last.startsWith('`{"kind"'))
  const kinds = examples.map(({ first, last }) => {
    const [rule] = faultPlanSchema.parse([JSON.parse(last.slice(1, -1))]).rules
    assert.equal(first, `\`${rule?.kind}\``)
    return rule?.kind ?? ''
  })
  const known = faultRuleSchema.options.map((option) => option.shape.kind.value)
  assert.deepEqual(kinds.toSorted(), known.toSorted())
})

test('docs/sandbox.md names every operation that a fault can be about', () => {
  const named = rows.flatMap(({ first, last }) =>
    ['both', 'guide', 'platform', 'out'].includes(first) ? [last.replaceAll('`', '')] : [],
  )
  assert.deepEqual([...new Set(named)].toSorted(), [...OPERATIONS].toSorted())
})

test('docs/sandbox.md names every option of the sandbox alone', () => {
  const main = readFileSync('src/sandbox/main.ts', 'utf8')
  const options = [...main.matchAll(/^ {4}'?([a-z-]+)'?: \{ type: 'string'/gm)].map(
    (hit) => `--${hit[1]}`,
  )
  assert.ok(options.length >= 10)
  assert.deepEqual(
    options.filter((option) => !PAGE.includes(`\`${option}\``)),
    [],
  )
})
