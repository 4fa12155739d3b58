import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import {
  blockHas,
  blocksOf,
  blocksOfPage,
  combineBlocks,
  createPageWriter,
  numbersOf,
  type NumberBlock,
  type NumberPage,
  prefixOf,
} from '../../src/domain/do-not-call/registries/number-page.ts'

const pagesOf = (numbers: Iterable<number>): NumberPage[] => {
  const pages: NumberPage[] = []
  const writer = createPageWriter((page) => pages.push(page))
  for (const block of blocksOf(Float64Array.from(numbers).toSorted())) writer.add(block)
  writer.end()
  return pages
}

const read = (pages: readonly NumberPage[]): number[] =>
  pages.flatMap(({ first, bytes }) =>
    [...blocksOfPage(first, bytes)].flatMap((block) => [...numbersOf(block)]),
  )

/**
 * Some numbers far from each other, and some thousands close together, so that both forms of a
 * block occur.
 */
const numbers = fc
  .tuple(
    fc.array(fc.integer({ min: 10_000_000, max: 999_999_999_999_999 }), { maxLength: 40 }),
    fc.integer({ min: 1_000_000, max: 99_999_999 }),
    fc.integer({ min: 0, max: 2_500 }),
    fc.integer({ min: 1, max: 13 }),
  )
  .map(([alone, prefix, many, step]) => [
    ...alone,
    ...Array.from({ length: many }, (_, at) => prefix * 10_000 + at * step),
  ])

describe('Pages of numbers', () => {
  it('hold exactly the numbers that were put in, each once and in order', () => {
    fc.assert(
      fc.property(numbers, (given) => {
        const expected = [...new Set(given)].toSorted((a, b) => a - b)
        const pages = pagesOf([...given, ...given])
        assert.deepEqual(read(pages), expected)
        assert.equal(
          pages.reduce((sum, { count }) => sum + count, 0),
          expected.length,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('say of every number whether it is in them', () => {
    fc.assert(
      fc.property(numbers, numbers, (given, asked) => {
        const all = new Set(given)
        const blocks = new Map(
          pagesOf(given)
            .flatMap(({ first, bytes }) => [...blocksOfPage(first, bytes)])
            .map((block) => [block.prefix, block]),
        )
        for (const number of [...asked, ...given.slice(0, 50)]) {
          const block = blocks.get(prefixOf(number))
          assert.equal(block !== undefined && blockHas(block, number), all.has(number))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('come together, and lose what is taken away, as sets do', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 9_999 }), {
      minLength: 1,
      maxLength: 1_500,
    })
    const blockOf = (some: readonly number[]): NumberBlock =>
      [...blocksOf(Float64Array.from(some, (offset) => 12_125_550_000 + offset).toSorted())][0]!
    const offsetsOf = (block: NumberBlock | null): number[] =>
      block === null ? [] : [...numbersOf(block)].map((number) => number % 10_000)
    fc.assert(
      fc.property(offsets, offsets, (one, other) => {
        const ascending = (some: Iterable<number>) => [...some].toSorted((a, b) => a - b)
        const [a, b] = [blockOf(one), blockOf(other)]
        assert.deepEqual(
          offsetsOf(combineBlocks('plus', a, b)),
          ascending(new Set([...one, ...other])),
        )
        const without = new Set(other)
        assert.deepEqual(
          offsetsOf(combineBlocks('minus', a, b)),
          ascending(one.filter((offset) => !without.has(offset))),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('that are cut off are no pages', () => {
    const [page] = pagesOf([12_125_550_100, 12_125_550_101])
    assert.throws(() => [...blocksOfPage(page!.first, page!.bytes.subarray(0, -1))], /ends in/u)
  })
})
