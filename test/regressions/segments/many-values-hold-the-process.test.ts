import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { positiveTest } from '../../../src/domain/segments/evaluate.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
/** Far more than the program needs. It only ends a program that would not end by itself. */
const GIVEN_UP_MS = 30_000

/**
 * Analyses a definition in a process of its own, which can be given up. Its clock goes on by a
 * second at each look, so that the time is up at the first look.
 */
const analyse = (conditions: string): { status: number | null; said: string } => {
  const program = `
    import { analyseSegment } from './src/domain/segments/analysis/analyse.ts'
    import { readDefinition } from './src/domain/segments/read-definition.ts'
    import { placeRules } from './src/domain/segments/placed.ts'
    const leaf = (values) => ({ attribute: 'zip', operator: 'in', values })
    const read = readDefinition({ contactListIds: ['people'], conditions: ${conditions} })
    let nowMs = 0
    const { findings } = analyseSegment(placeRules(read.definition, []), {
      ...{ reading: 'positive', nowMs, monotonicMs: () => (nowMs += 1_000) },
    })
    console.log(findings.at(-1)?.code)`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: PROJECT, timeout: GIVEN_UP_MS, encoding: 'utf8' },
  )
  return { status, said: status === 0 ? stdout.trim() : stderr || 'given up' }
}

/**
 * A definition of the largest size that is accepted. Each of the numbers was compared with each of
 * the others, for minutes. Meanwhile the process answered no call, and its watchdog ended it.
 */
describe('A definition with tens of thousands of values', () => {
  it('is undecided when the time of the analysis is up, if each value is in one rule', () => {
    const rules = `{ any: Array.from({ length: 44 }, (_, at) =>
      leaf(Array.from({ length: 1000 }, (_, more) => at * 1000 + more))) }`
    assert.deepEqual(analyse(rules), { status: 0, said: 'undecided' })
  })

  it('is undecided when the time of the analysis is up, if each value is in two of the rules', () => {
    const rules = `{ all: Array.from({ length: 190 }, (_, at) =>
      leaf(Array.from({ length: 190 }, (_, other) => Math.min(at, other) * 190 + Math.max(at, other)))) }`
    assert.deepEqual(analyse(rules), { status: 0, said: 'undecided' })
  })
})

describe('A cell and many numbers', () => {
  const values = [0, 7, -2.5, 0.1, 123456789012345, 0.100000000000001]
  const isOne = positiveTest({ attribute: 'zip', operator: 'in', values }, 0)

  it('are equal if the cell is one of the numbers, in any spelling', () => {
    const cells = [
      '0',
      '-0',
      '00.0',
      '7',
      '07',
      '7.000',
      '-2.5',
      '-2.50',
      '0.1',
      '0.10000000000000',
    ]
    for (const cell of [...cells, '123456789012345', '123456789012345.0', '0.100000000000001']) {
      assert.equal(isOne(cell), true, cell)
    }
  })

  it('are not equal if the cell is another number, however near, or no number', () => {
    const near = ['123456789012345.000000000000001', '0.100000000000002', '7.000000000000001']
    for (const cell of [...near, '7x', ' 7', '+7', '7e0', '2.5', '']) {
      assert.equal(isOne(cell), false, cell)
    }
  })
})
