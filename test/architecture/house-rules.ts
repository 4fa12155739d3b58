import { basename } from 'node:path'

/**
 * The rules of CONTRIBUTING.md that a pattern can check. Each has a planted case in
 * house-rules.test.ts.
 */
export const MAX_SOURCE_LINES = 300
export const MAX_TEST_LINES = 500

const VAGUE = ['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'manager']
const vaguePart = new RegExp(`^(${VAGUE.join('|')})$`)

type Rule = {
  name: string
  /** Which files the rule is for. */
  applies: (path: string) => boolean
  broken: (path: string, text: string) => boolean
}

const inSource = (path: string): boolean => path.startsWith('src/')
const always = (): boolean => true

/** Code without comments but with strings. A comment may name what the code may not use. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')

const lines = (text: string): number => text.split('\n').length - 1

// Written in parts, because otherwise this file would be its own first finding.
const UNFINISHED = new RegExp(
  `\\b(${['TO', 'FIX', 'X', 'HA'].map((head, at) => head + ['DO', 'ME', 'XX', 'CK'][at]).join('|')})\\b`,
)
const MACHINE_PATH = new RegExp(
  `(^|[\\s'"\`(=:])/(${['home', 'Users', 'root', 'work', 'mnt'].join('|')})/[\\w.-]`,
  'm',
)
/** A statement at the start of a line. A function on one line may await. */
const isTopLevelAwait = (line: string): boolean =>
  /^await\b/.test(line) || (/^\w.*\bawait\b/.test(line) && !/=>.*\bawait\b/.test(line))
/** A directive for the linter or the compiler must be on one line. */
const DIRECTIVE = /^\s*\/\/ (oxlint-disable|@ts-expect-error)/
const isWideComment = (line: string): boolean =>
  line.length > 100 && /^\s*(\/\/|\/\*|\*)/.test(line) && !DIRECTIVE.test(line)
const ONLY = new RegExp(['\\b(test|it|describe|suite)\\.', 'only\\('].join(''))

export const HOUSE_RULES: readonly Rule[] = [
  {
    name: 'too long',
    applies: always,
    broken: (path, text) => lines(text) > (inSource(path) ? MAX_SOURCE_LINES : MAX_TEST_LINES),
  },
  {
    name: 'vague name',
    applies: always,
    broken: (path) =>
      path.split('/').some((part) => part.split(/[-.]/).some((word) => vaguePart.test(word))),
  },
  {
    name: 'a comment wider than 100 columns',
    applies: always,
    broken: (_path, text) => text.split('\n').some(isWideComment),
  },
  { name: 'barrel', applies: always, broken: (path) => basename(path).startsWith('index.') },
  {
    name: 'not kebab-case',
    applies: always,
    broken: (path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(basename(path)),
  },
  {
    name: 'enum',
    applies: always,
    broken: (_path, text) => /^\s*(export )?(declare )?(const )?enum \w/m.test(codeOf(text)),
  },
  {
    name: 'default export',
    applies: always,
    broken: (_path, text) => /^\s*export (default\b|\{[^}]*\bas default\b)/m.test(codeOf(text)),
  },
  {
    name: 'reads the environment',
    applies: (path) => inSource(path) && path !== 'src/config.ts',
    broken: (_path, text) => /\bprocess\s*(\.|\[\s*['"])\s*env\b/.test(codeOf(text)),
  },
  {
    name: 'own clock',
    applies: (path) => inSource(path) && path !== 'src/lib/clock.ts',
    broken: (_path, text) =>
      /\bDate\.now\(|\bnew Date\(\)|\b(setTimeout|setInterval)\b[^\n]*from 'node:timers|\bMath\.random\(/.test(
        codeOf(text),
      ),
  },
  {
    // `encodeURIComponent` leaves dots unchanged, so an id `..` would lead to another call.
    name: 'an id in a path without pathSegment',
    applies: (path) => path.startsWith('src/genesys/') && !path.endsWith('/path-segment.ts'),
    broken: (_path, text) => /\/\$\{encodeURIComponent\(/.test(codeOf(text)),
  },
  {
    // A handler makes problems with `refuse`, whose type knows the codes that the route declares.
    // The scope of raw webhooks is an exception, because it translates an error of the framework.
    name: 'a problem past the codes of its route',
    applies: (path) =>
      path.startsWith('src/http/routes/') && !path.endsWith('/genesys-webhooks.ts'),
    broken: (_path, text) => /\bnew GatewayProblem\(/.test(codeOf(text)),
  },
  {
    name: 'audit entry by hand',
    applies: (path) => inSource(path) && path !== 'src/domain/audit/audit.ts',
    broken: (_path, text) => /\bnewId\(\s*'aud'/.test(codeOf(text)),
  },
  {
    // An upsert that waits for its row then sees the newest version of that row, but sees all other
    // rows as they were before the wait.
    name: 'an upsert that asks another table',
    applies: inSource,
    broken: (_path, text) =>
      /\bon conflict\b[^`]*\bdo update\b[^`]*\bexists \(select from (?!unnest)/.test(codeOf(text)),
  },
  {
    // A pooler gives each transaction another connection. What a session holds would stay behind on
    // one of them (ADR 20).
    name: 'held by a session of the database',
    applies: inSource,
    broken: (_path, text) =>
      /\bpg_(try_)?advisory_(un)?lock|\bcreate temp|\bwith hold\b|\bset session\b/i.test(
        codeOf(text),
      ),
  },
  { name: 'unfinished mark', applies: always, broken: (_path, text) => UNFINISHED.test(text) },
  {
    name: 'path of one machine',
    applies: always,
    broken: (_path, text) => MACHINE_PATH.test(text),
  },
  { name: 'only one test runs', applies: always, broken: (_path, text) => ONLY.test(text) },
  {
    // Once the tests declared so far have ended, the runner takes the file as done and cancels
    // tests that are declared later.
    name: 'waits before its tests are declared',
    applies: (path) => path.endsWith('.test.ts'),
    broken: (_path, text) => codeOf(text).split('\n').some(isTopLevelAwait),
  },
]

/** The names of the rules that a file breaks. */
export const brokenRules = (path: string, text: string): string[] =>
  HOUSE_RULES.filter((rule) => rule.applies(path) && rule.broken(path, text)).map(
    ({ name }) => name,
  )
