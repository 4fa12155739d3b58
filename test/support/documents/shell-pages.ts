import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A shell block of a page, as a reader meets it. */
export type ShellBlock = {
  page: string
  /** Of the fence that opens it. */
  line: number
  text: string
  /** Why it cannot be run here, from the comment above it; null: it is run. */
  elsewhere: string | null
  /** It is run with the gateway stopped, as the words above it ask. */
  stopped: boolean
  /** It starts what goes on running: the reader's other terminal. */
  serves: 'gateway' | 'sandbox' | null
}

export type ShellPage = { page: string; blocks: ShellBlock[] }

const FENCE = /^(?:<!-- (elsewhere: .+|stopped) -->\n)?```sh\n([\s\S]*?)^```$/gm

const servesWhat = (text: string): ShellBlock['serves'] => {
  if (/\bnpm start\b/.test(text)) return 'gateway'
  return /\bnpm run sandbox\b/.test(text) ? 'sandbox' : null
}

const blocksOf = (page: string, text: string): ShellBlock[] =>
  [...text.matchAll(FENCE)].map((found) => {
    const [, mark = '', body = ''] = found
    return {
      page,
      line: text.slice(0, found.index).split('\n').length + (mark === '' ? 0 : 1),
      text: body,
      elsewhere: mark.startsWith('elsewhere: ') ? mark.slice('elsewhere: '.length) : null,
      stopped: mark === 'stopped',
      serves: servesWhat(body),
    }
  })

/**
 * Pages that write or read a `.env` change what every later start does: they come after the others.
 */
const usesEnvFile = ({ blocks }: ShellPage): boolean =>
  blocks.some(({ text }) => /(?<![\w.])\.env\b/.test(text))

/** Pages that a reader meets one after the other; all others come after them, by name. */
const FIRST = [
  ...['start-here', 'using-the-api', 'access', 'do-not-call', 'guest-files', 'erasure'],
  ...['segments', 'files', 'scale', 'sandbox', 'webhooks-from-genesys', 'webhook-endpoints'],
  ...['upload-states', 'instrumentation', 'retention', 'genesys-setup', 'runbook'],
].map((name) => `${name}.md`)

/**
 * README.md, then that of the examples and every page of docs that has shell blocks. A new page is
 * there by existing.
 */
export const shellPages = (project: string): ShellPage[] => {
  const readme = readFileSync(join(project, 'README.md'), 'utf8')
  const there = readdirSync(join(project, 'docs')).filter((name) => name.endsWith('.md'))
  const ordered = [...new Set([...FIRST, ...there.toSorted()])].filter((name) =>
    there.includes(name),
  )
  const pages = ordered
    .map((name) => ({
      page: `docs/${name}`,
      blocks: blocksOf(`docs/${name}`, readFileSync(join(project, 'docs', name), 'utf8')),
    }))
    .filter(({ blocks }) => blocks.length > 0)
  const examples = 'examples/README.md'
  return [
    { page: 'README.md', blocks: blocksOf('README.md', readme) },
    { page: examples, blocks: blocksOf(examples, readFileSync(join(project, examples), 'utf8')) },
    ...pages.filter((page) => !usesEnvFile(page)),
    ...pages.filter(usesEnvFile),
  ]
}
