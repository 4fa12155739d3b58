import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { ENGLISH } from '../../../src/console/texts/texts.ts'
import { uploadModel } from '../../../src/console/uploads/upload-model.ts'
import { rowCodeWords, uploadProblemWords } from '../../../src/console/uploads/upload-words.ts'
import { UPLOAD_PROBLEMS } from '../../../src/domain/problems/upload-problems.ts'
import { REJECTION_CODES } from '../../../src/domain/uploads/rejection.ts'
import { HOLD_REASONS, UPLOAD_STATES, ZERO_COUNTS } from '../../../src/domain/uploads/upload.ts'
import { anUpload } from '../../support/gateway/an-upload.ts'

const sum = (lines: { rows: number }[]): number => lines.reduce((all, { rows }) => all + rows, 0)

test('both sums on the page add up, at every moment of an upload', () => {
  const counts = {
    ...ZERO_COUNTS,
    read: 20,
    accepted: 12,
    rejected: 4,
    duplicates: 2,
    suppressed: 1,
  }
  const settled = { delivered: 5, unchanged: 3, failed: 1, unprocessed: 3 }
  for (const more of [{ blank: 1 }, { blank: 1, ...settled }, { blank: 1, delivered: 5 }]) {
    const { sums } = uploadModel(anUpload({ counts: { ...counts, ...more } }))
    assert.equal(sum(sums.read), 20)
    assert.equal(sum(sums.accepted), 12)
  }
})

test('the bar of an ended upload shows what Genesys got, not what was left', () => {
  const progressOf = (counts: object) =>
    uploadModel(anUpload({ counts: { ...ZERO_COUNTS, accepted: 10, ...counts } })).progress
  const { settled, percent } = progressOf({ delivered: 3, failed: 1, unprocessed: 6 })
  assert.deepEqual({ settled, percent }, { settled: 4, percent: 40 })
  assert.equal(progressOf({ unprocessed: 10 }).percent, 0, 'cancelled before anything was sent')
})

test('every code of a row and of an upload has words, and the own ones are free of calls and options', () => {
  const all = [
    ...REJECTION_CODES.map((code) => rowCodeWords(code)),
    ...Object.keys(UPLOAD_PROBLEMS).map((code) => uploadProblemWords(code)),
  ]
  for (const { code, what, next } of all) {
    assert.ok(what !== '' && next !== '', code)
    assert.notEqual(what, ENGLISH.codes.unknown, code)
  }
  const own = { ...ENGLISH.codes.rows, ...ENGLISH.codes.uploads }
  for (const [code, { what, next }] of Object.entries(own)) {
    assert.doesNotMatch(`${what} ${next}`, /`|POST |GET |delivery=|duplicates=|\/v1\//u, code)
  }
})

test('every hold and every state has words', () => {
  assert.deepEqual(Object.keys(ENGLISH.holds), Object.keys(HOLD_REASONS))
  assert.deepEqual(Object.keys(ENGLISH.states).toSorted(), [...UPLOAD_STATES].toSorted())
})

test('an upload offers what its state allows, and nothing else', () => {
  const since = '2026-01-01T00:00:00.000Z'
  const actions = (more: Parameters<typeof anUpload>[0]) => uploadModel(anUpload(more)).actions
  assert.deepEqual(actions({ state: 'delivering' }).moves, ['pause', 'cancel'])
  assert.deepEqual(actions({ state: 'paused' }).moves, ['resume', 'cancel'])
  const held = (reason: 'apply' | 'refusals' | 'genesys_unavailable') =>
    actions({ state: 'held', hold: { reason, since } })
  assert.deepEqual(held('apply'), { apply: 'ab', moves: ['cancel'], retry: [] })
  assert.deepEqual(held('refusals').moves, ['resume', 'pause', 'cancel'])
  assert.deepEqual(held('genesys_unavailable').moves, ['pause', 'cancel'])
  const ended = actions({
    ...{ state: 'completed_with_errors', completedAt: since },
    counts: { ...ZERO_COUNTS, read: 3, accepted: 3, delivered: 1, failed: 2 },
  })
  assert.deepEqual(ended, { apply: null, moves: [], retry: [{ outcome: 'failed', rows: 2 }] })
})

/**
 * The place of a template's texts `w` in the file of texts. It is below `it.t`, or below the `s`
 * that the template defines first.
 */
const scopeOf = (template: string): string | undefined => {
  const [, of, name] = /\bw = (it\.t|s)\.([\w.]+)/u.exec(template) ?? []
  if (of !== 's') return name
  return `${/\bs = it\.t\.([\w.]+)/u.exec(template)?.[1]}.${name}`
}

test('every text that a template asks for is in the file of texts, and raw output is for time and include alone', () => {
  for (const path of globSync('src/console/**/*.eta')) {
    const template = readFileSync(path, 'utf8')
    const scope = scopeOf(template)
    const asked = [
      ...[...template.matchAll(/\bit\.t\.([a-zA-Z.]+)/gu)].map(([, name]) => name!),
      ...[...template.matchAll(/\bw\.([a-zA-Z.]+)/gu)].map(([, name]) => `${scope}.${name}`),
    ]
    for (const name of asked) {
      let found: unknown = ENGLISH
      for (const part of name.split('.'))
        found = (found as Record<string, unknown> | undefined)?.[part]
      assert.notEqual(found, undefined, `${path}: ${name}`)
    }
    for (const [, raw] of template.matchAll(/<%~\s*(\S+)/gu)) {
      assert.match(raw!, /^(?:it\.time\(|include\(|it\.body)/u, path)
    }
    for (const [form] of template.matchAll(/<form[^>]*method="post"[\s\S]*?<\/form>/gu)) {
      if (!path.endsWith('sign-in.eta')) assert.match(form, /name="_csrf"/u, path)
    }
  }
})
