import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type BlockHeader,
  type BlockLine,
  type ChainLine,
  ChainVerifier,
  type EntryLine,
  hashOfEntries,
  hashOfEntry,
  hashOfHeader,
  textOfHeader,
  type Trusted,
} from '../../src/domain/audit/verify-chain.ts'
import { pairOfSeed, pemOf, signText } from '../../src/domain/signing/ed25519.ts'
import { seededRandom } from '../../src/lib/seeded-random.ts'

const TAMPERINGS = 10_000
const SEED = Number(process.env['AUDIT_TAMPER_SEED'] ?? 20_260_302)
const { privateKey, publicKey } = pairOfSeed(Buffer.alloc(32, 5))
const stranger = pairOfSeed(Buffer.alloc(32, 6))

const entryOf = (seq: number): EntryLine => ({
  type: 'entry',
  seq,
  id: `aud_${String(seq).padStart(32, '0')}`,
  at: `2026-03-02T07:00:00.${String(seq).padStart(6, '0')}Z`,
  tenant: seq % 3 === 0 ? 'acme' : 'default',
  actor: 'gateway',
  action: 'upload.moved',
  object: `upl_${seq % 4}`,
  requestId: 'req_1',
  attempt: 1,
  latencyMs: seq % 2 === 0 ? null : seq,
  outcome: 'ok',
  counts: { rows: seq },
  details: { from: 'staged', to: 'delivering', reason: null },
  digest: null,
})

const signed = (
  header: BlockHeader,
  entries: readonly EntryLine[],
  key = privateKey,
): BlockLine => ({
  type: 'block',
  header,
  hash: hashOfHeader(header),
  signature: signText(key, 'audit-block', textOfHeader(header)).toString('base64'),
  entryHashes: entries.map(hashOfEntry),
})

type Block = { line: BlockLine; entries: EntryLine[] }

const chainOf = (sizes: readonly number[]): Block[] => {
  const blocks: Block[] = []
  let [next, previous] = [1, '0'.repeat(64)]
  for (const [index, size] of sizes.entries()) {
    const firstEntry = next
    const entries = Array.from({ length: size }, (_, at) => entryOf(firstEntry + at))
    const header = {
      ...{ block: index + 1, firstEntry, entries: size, previous, keyId: 'k1' },
      entriesHash: hashOfEntries(entries.map(hashOfEntry)),
      at: `2026-03-02T07:00:0${index}.000000Z`,
    }
    const line = signed(header, entries)
    blocks.push({ line, entries })
    next += size
    previous = line.hash
  }
  return blocks
}

const linesOf = (blocks: readonly Block[]): ChainLine[] => {
  const last = blocks.at(-1)
  return [
    { type: 'export', whole: true, fromBlock: null },
    ...blocks.flatMap(({ line, entries }) => [line, ...entries]),
    { type: 'end', block: last?.line.header.block ?? 0, hash: last?.line.hash ?? '0'.repeat(64) },
  ]
}

const INTACT = chainOf([3, 1, 4, 2, 5])
const HEAD = { block: 5, hash: INTACT[4]!.line.hash }
const trusted: Trusted = { keys: new Map([['k1', pemOf(publicKey)]]), heads: [HEAD] }
const verdictOf = (lines: readonly ChainLine[], by = trusted) => {
  const verifier = new ChainVerifier(by)
  for (const line of lines) verifier.take(line)
  return verifier.end()
}

type Random = () => number
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!
const other = <T>(random: Random, from: readonly T[], than: T): T => {
  const rest = from.filter((one) => one !== than)
  return pick(random, rest)
}

/**
 * The owner of the database makes the block fit its entries again, but has no key of the gateway.
 */
const madeAnew = ({ line, entries }: Block): BlockLine => {
  const header = {
    ...line.header,
    entries: entries.length,
    entriesHash: hashOfEntries(entries.map(hashOfEntry)),
  }
  return signed(header, entries, stranger.privateKey)
}

/** Each of these changes the chain in place, at random. */
const TAMPER: Record<string, (blocks: Block[], random: Random) => void> = {
  'an edit': (blocks, random) => {
    const entry = pick(random, pick(random, blocks).entries)
    const field = other(random, Object.keys(entry), 'type')
    const value = entry[field]
    entry[field] = typeof value === 'number' ? value + 1 : `${String(value)}x`
  },
  'an edit with its hash': (blocks, random) => {
    const block = pick(random, blocks)
    const entry = pick(random, block.entries)
    entry['outcome'] = 'failed'
    const entryHashes = block.entries.map(hashOfEntry)
    block.line = { ...block.line, entryHashes }
  },
  'an edit with its block made anew': (blocks, random) => {
    const block = pick(random, blocks)
    pick(random, block.entries)['actor'] = 'nobody'
    block.line = madeAnew(block)
  },
  'a deletion': (blocks, random) => {
    const { entries } = pick(random, blocks)
    entries.splice(Math.floor(random() * entries.length), 1)
  },
  'a deletion with its block made anew': (blocks, random) => {
    const block = pick(random, blocks)
    block.entries.splice(Math.floor(random() * block.entries.length), 1)
    block.line = madeAnew(block)
  },
  'a deleted block': (blocks, random) => {
    blocks.splice(Math.floor(random() * blocks.length), 1)
  },
  'a swap': (blocks, random) => {
    const all = blocks.flatMap(({ entries }) => entries.map((_, at) => ({ entries, at })))
    const one = pick(random, all)
    const two = other(random, all, one)
    const kept = one.entries[one.at]!
    one.entries[one.at] = { ...two.entries[two.at]!, seq: kept.seq }
    two.entries[two.at] = { ...kept, seq: two.entries[two.at]!.seq }
  },
  'swapped blocks': (blocks, random) => {
    const one = pick(random, blocks)
    const two = other(random, blocks, one)
    const [i, j] = [blocks.indexOf(one), blocks.indexOf(two)]
    blocks[i] = two
    blocks[j] = one
  },
  'an insertion': (blocks, random) => {
    const { entries } = pick(random, blocks)
    const at = Math.floor(random() * (entries.length + 1))
    entries.splice(at, 0, entryOf(1 + Math.floor(random() * 30)))
  },
  'a header': (blocks, random) => {
    const block = pick(random, blocks)
    const field = pick(random, Object.keys(block.line.header) as (keyof BlockHeader)[])
    const value = block.line.header[field]
    const header = {
      ...block.line.header,
      [field]: typeof value === 'number' ? value + 1 : `${value}0`,
    }
    block.line = { ...block.line, header, hash: hashOfHeader(header) }
  },
  'a tail cut': (blocks, random) => {
    blocks.splice(Math.floor(random() * blocks.length))
  },
  'a beginning cut': (blocks, random) => {
    blocks.splice(0, 1 + Math.floor(random() * (blocks.length - 1)))
  },
}

test('an intact chain is found intact, and so is a tenant’s part of it', () => {
  assert.deepEqual(verdictOf(linesOf(INTACT)).faults, [])
  const [, ...rest] = linesOf(INTACT)
  const own = rest.filter((line) => line.type !== 'entry' || line['tenant'] === 'acme')
  const { faults, entries } = verdictOf([{ type: 'export', whole: false, fromBlock: null }, ...own])
  assert.deepEqual([faults, entries], [[], 5])
})

test('the verifier finds each of ten thousand random tamperings', (t) => {
  const random = seededRandom(SEED)
  const kinds = Object.keys(TAMPER)
  const found: Record<string, number> = {}
  for (let count = 0; count < TAMPERINGS; count += 1) {
    const kind = pick(random, kinds)
    const blocks = structuredClone(INTACT)
    TAMPER[kind]!(blocks, random)
    const { faults } = verdictOf(linesOf(blocks))
    assert.ok(faults.length > 0, `${kind}, number ${count} of seed ${SEED}, was not found`)
    found[kind] = (found[kind] ?? 0) + 1
  }
  assert.deepEqual(Object.keys(found).toSorted(), kinds.toSorted())
  t.diagnostic(`${TAMPERINGS} tamperings found: ${JSON.stringify(found)}`)
})

test('a tail that was cut is found by a head that was noted elsewhere, and by nothing else', () => {
  const cut = linesOf(INTACT.slice(0, 3))
  const { heads: _heads, ...withoutHead } = trusted
  assert.deepEqual(verdictOf(cut, withoutHead).faults, [])
  assert.deepEqual(
    verdictOf(cut).faults.map(({ kind }) => kind),
    ['head-missing'],
  )
})

test('every noted head is compared, but for those older than the export; one at least must be there', () => {
  const headOf = ({ line: { header, hash } }: Block) => ({ block: header.block, hash })
  const all = INTACT.map(headOf)
  const missingWith = (heads: Trusted['heads'] & {}, blocks: readonly Block[] = INTACT) => {
    const lines = linesOf(blocks)
    lines[0] = { type: 'export', whole: true, fromBlock: blocks[0]!.line.header.block }
    return verdictOf(lines, { keys: trusted.keys, heads }).faults
  }
  const missing = (block: number) => [{ block, entry: null, kind: 'head-missing' }]
  assert.deepEqual(missingWith(all), [])
  assert.deepEqual(missingWith(all, INTACT.slice(2)), [])
  assert.deepEqual(missingWith(all.slice(0, 2), INTACT.slice(2)), missing(2))
  assert.deepEqual(missingWith(all, INTACT.slice(0, 4)), missing(5))
  assert.deepEqual(missingWith([...all, { block: 3, hash: 'f'.repeat(64) }]), missing(3))
})

test('an entry about a deletion that was changed is a fault, proves no beginning, and ends no verification', () => {
  for (const details of [
    null,
    undefined,
    7,
    'x',
    [],
    { throughBlock: 1, throughHash: HEAD.hash },
  ]) {
    const blocks = structuredClone(INTACT).slice(1)
    const entry = blocks[2]!.entries[0]!
    const changed = { action: 'audit.pruned', details }
    Object.assign(entry, changed)
    const kinds = (): string[] => verdictOf(linesOf(blocks)).faults.map(({ kind }) => kind)
    assert.deepEqual(kinds(), ['entry-changed', 'beginning-missing'])
    blocks[2]!.line = madeAnew(blocks[2]!)
    assert.ok(kinds().includes('signature-invalid'), kinds().join())
  }
})
