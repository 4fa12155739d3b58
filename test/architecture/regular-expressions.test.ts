import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createContext, Script } from 'node:vm'

import { parseSync } from '@swc/core'

/**
 * If backtracking grows as a power of the text, or faster, one of the texts below does not end
 * within this time.
 */
const WITHIN_MS = 10_000
const LONG = 2_000
const SHORT = 40

type Found = { path: string; pattern: string; flags: string }

const expressionsOf = (path: string, source: string): Found[] => {
  const found: Found[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('type' in node && node.type === 'RegExpLiteral') {
      const { pattern, flags } = node as unknown as { pattern: string; flags: string }
      found.push({ path, pattern, flags })
    }
    for (const member of Object.values(node)) walk(member)
  }
  walk(parseSync(source, { syntax: 'typescript' }))
  return found
}

/**
 * Texts that begin as the expression demands, repeat for long what it repeats, and end so that it
 * cannot match.
 */
const hostileTexts = (pattern: string): string[] => {
  const begin = /^\^?([\w :"<-]*)/u.exec(pattern)?.[1] ?? ''
  const letters = [...new Set([...pattern.replaceAll(/\\./gu, ''), ...'a1 .-"(</,:'])]
    .filter((letter) => !'^$[]{}()|?*+'.includes(letter) || '(['.includes(letter))
    .slice(0, 24)
  const texts: string[] = []
  for (const start of new Set(['', begin])) {
    for (const letter of letters) {
      texts.push(`${start}${letter.repeat(LONG)}\u0001`)
      for (const next of letters) texts.push(`${start}${(letter + next).repeat(SHORT / 2)}\u0001`)
    }
  }
  return texts
}

/**
 * Whether the expression ends on every one of these texts. V8 stops in the middle of a match when
 * the time is over.
 */
const endsOn = (
  { pattern, flags }: Pick<Found, 'pattern' | 'flags'>,
  timeout = WITHIN_MS,
): boolean => {
  const context = createContext({ pattern, flags, texts: hostileTexts(pattern) })
  const script = new Script('for (const text of texts) new RegExp(pattern, flags).exec(text)')
  try {
    script.runInContext(context, { timeout })
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  }
}

test('no regular expression of the sources runs away on a hostile text', (t) => {
  const all = globSync('src/**/*.ts').flatMap((path) =>
    expressionsOf(path, readFileSync(path, 'utf8')),
  )
  const unique = new Map(all.map((one) => [`/${one.pattern}/${one.flags}`, one]))
  t.diagnostic(`${unique.size} expressions`)
  assert.ok(unique.size > 200)
  for (const one of unique.values()) assert.ok(endsOn(one), `${one.path}: /${one.pattern}/`)
})

test('expressions that run away are caught', () => {
  for (const pattern of [
    '^(a+)+$',
    '(?:a|a)*b$',
    String.raw`^Bearer (\w+\s?)*$`,
    '^(?:[a-z]+)*1$',
  ]) {
    assert.ok(!endsOn({ pattern, flags: 'u' }, 300), pattern)
  }
})
