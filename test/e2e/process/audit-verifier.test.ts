import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

const PROJECT = join(import.meta.dirname, '..', '..', '..')

describe('The verifier of the audit trail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verifier-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const keys = file('keys.json', '{"items":[]}')
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['src/audit-verify.ts', ...words],
      {
        cwd: PROJECT,
        encoding: 'utf8',
      },
    )
    return { status, stdout, stderr }
  }

  it('tells in a line what it cannot read, and how it is called', () => {
    const empty = file('empty.ndjson', '')
    for (const [words, said] of [
      [['--help'], /^npm run audit:verify -- FILE --keys KEYS/],
      [[], /^npm run audit:verify -- FILE --keys KEYS/],
      [[empty], /^--keys is missing\nnpm run audit:verify/],
      [['--keys', keys], /^Name one FILE\nnpm run audit:verify/],
      [[empty, empty, '--keys', keys], /^Name one FILE\nnpm run audit:verify/],
      [[empty, '--keys', keys, '--head', '1'], /^--head must be [^\n]*\nnpm run audit:verify/],
      [[empty, '--keys', keys, '--headz', '1'], /^Unknown option '--headz'/],
      [[empty, '--keys', keys, '--heads'], /^Option '--heads <value>' argument missing\nnpm run/],
      [[empty, '--keys', keys, '--heads', join(folder, 'none')], /^HEADS cannot be read: ENOENT/],
      [[empty, '--keys', keys, '--heads', empty], /^HEADS has no line with a block/],
      [[join(folder, 'none'), '--keys', keys], /^FILE cannot be read: ENOENT[^\n]*\n$/],
      [[folder, '--keys', keys], /^FILE cannot be read: EISDIR[^\n]*\n$/],
      [
        [empty, '--keys', join(folder, 'none')],
        /^The file of --keys has no readable answer of [^\n]*\n$/,
      ],
      [[empty, '--keys', empty], /^The file of --keys has no readable answer of [^\n]*\n$/],
    ] as const) {
      const { status, stdout, stderr } = run(...words)
      assert.deepEqual([status, stdout], [2, ''], words.join(' '))
      assert.match(stderr, said)
    }
  })

  it('finds by a file of heads, or a log with them, that the end was cut off', () => {
    const hash = 'a'.repeat(64)
    const cut = file(
      'cut.ndjson',
      `{"type":"export","whole":true,"fromBlock":null}\n{"type":"end","block":0,"hash":"${'0'.repeat(64)}"}\n`,
    )
    const log = `{"event":"audit.chained","block":1,"hash":"${hash}"}\nno JSON\n{"event":"lane.claimed"}\n`
    const { status, stdout } = run(cut, '--keys', keys, '--heads', file('log.ndjson', log))
    const verdict = JSON.parse(stdout) as { heads: number; faults: { kind: string }[] }
    assert.deepEqual(
      [status, verdict.heads, verdict.faults.map(({ kind }) => kind)],
      [1, 0, ['head-missing']],
    )
    assert.equal(run(cut, '--keys', keys).status, 0, 'nothing inside shows it')
  })

  it('finds a file that breaks off, or goes on with what is no line of an export, not whole', () => {
    const end = '{"type":"end","block":0,"hash":""}'
    for (const [content, brokenLine] of [
      ['{"type":"export","whole":true,"fromBlock":null}\n{"type":"blo', 2],
      [`${end}\nnull\n`, 2],
      [`${end}\n<html>\n`, 2],
    ] as const) {
      const { status, stdout, stderr } = run(file('broken.ndjson', content), '--keys', keys)
      assert.deepEqual([status, stderr], [1, ''], content)
      const verdict = JSON.parse(stdout) as { ok: boolean; brokenLine: number }
      assert.deepEqual([verdict.ok, verdict.brokenLine], [false, brokenLine])
    }
  })
})
