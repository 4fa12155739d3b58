import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
const NO_HASH = '0'.repeat(64)
const OPENED = { type: 'export', whole: true, fromBlock: null }
const END = { type: 'end', block: 0, hash: NO_HASH }
const header = (entries: unknown) => ({
  ...{ block: 1, firstEntry: 1, entries, entriesHash: 'x', previous: NO_HASH },
  ...{ at: '2026-03-02T07:00:00Z', keyId: 'k1' },
})
const block = (entries: unknown, entryHashes: unknown) => ({
  ...{ type: 'block', header: header(entries), hash: 'x', signature: 'eA==', entryHashes },
})

/**
 * A line that was changed so that it had no header or no hashes ended the verifier with "FILE
 * cannot be read", as if nothing had been checked. A header that claims very many entries used up
 * the memory. A second first line switched the search for missing entries off.
 */
describe('The verifier of the audit trail, with a line that was changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'changed-line-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const keys = file('keys.json', '{"items":[]}')
  const verdictOf = (...lines: unknown[]) => {
    const content = lines.map((line) => JSON.stringify(line)).join('\n')
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['src/audit-verify.ts', file('chain.ndjson', content), '--keys', keys],
      { cwd: PROJECT, encoding: 'utf8' },
    )
    assert.deepEqual([status, stderr], [1, ''], content)
    return JSON.parse(stdout) as {
      brokenLine?: number
      hashesOnly: number
      faults: { kind: string }[]
    }
  }

  test('a line without the form of a line of an export is named, after what was found before it', () => {
    const bad = block(1, ['a'])
    for (const line of [
      { type: 'block' },
      { ...bad, header: null },
      { ...bad, header: header('1') },
      { ...bad, entryHashes: undefined },
      { ...bad, entryHashes: [7] },
      { ...bad, signature: null },
      { type: 'entry', seq: '1' },
      { type: 'other' },
      [],
      7,
      { ...OPENED, whole: false },
    ]) {
      const { brokenLine, faults } = verdictOf(OPENED, bad, line, END)
      assert.equal(brokenLine, 3, JSON.stringify(line))
      assert.ok(faults.some(({ kind }) => kind === 'block-changed'))
    }
  })

  test('a header that claims very many entries is a fault like any other', () => {
    const { faults } = verdictOf(OPENED, block(Number.MAX_SAFE_INTEGER, ['a']), END)
    const kinds = faults.map(({ kind }) => kind)
    assert.ok(kinds.includes('entries-changed'), kinds.join())
    assert.equal(kinds.filter((kind) => kind === 'entry-missing').length, 1)
  })

  test('an end before the last block is no end, and entries without content are counted', () => {
    const { faults, hashesOnly } = verdictOf({ ...OPENED, whole: false }, END, block(2, ['a', 'b']))
    assert.ok(faults.some(({ kind }) => kind === 'end-missing'))
    assert.equal(hashesOnly, 2)
  })

  test('a public key that cannot be read is a fault of the file of keys', () => {
    const unread = file('unread.json', '{"items":[{"id":"k1","publicKey":"none"}]}')
    const { status, stderr } = spawnSync(
      process.execPath,
      ['src/audit-verify.ts', file('chain.ndjson', JSON.stringify(OPENED)), '--keys', unread],
      { cwd: PROJECT, encoding: 'utf8' },
    )
    assert.equal(status, 2)
    assert.match(stderr, /^The file of --keys has no readable answer of/)
  })
})
