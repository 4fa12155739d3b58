import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A shell block as readers see it on a page. */
export type ShellBlock = {
  page: string
  /** The line of the fence that opens the block. */
  line: number
  text: string
  /** Why a test cannot run the block, from the comment above the block. null: a test runs it. */
  elsewhere: string | null
  /** Whether the test stops the gateway before it runs the block, as the page says. */
  stopped: boolean
  /** The program that the block starts and that keeps running. null: it starts no such program. */
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
 * Whether a page writes or reads a `.env`. A `.env` changes what every later start does, so the
 * pages that use one come last.
 */
const usesEnvFile = ({ blocks }: ShellPage): boolean =>
  blocks.some(({ text }) => /(?<![\w.])\.env\b/.test(text))

/** Pages that a reader reads in this order. All other pages come after these, sorted by name. */
const FIRST = [
  ...['start-here', 'using-the-api', 'access', 'do-not-call', 'guest-files', 'erasure'],
  ...['segments', 'files', 'scale', 'sandbox', 'webhooks-from-genesys', 'webhook-endpoints'],
  ...['upload-states', 'instrumentation', 'retention', 'genesys-setup', 'runbook'],
].map((name) => `${name}.md`)

/**
 * README.md, then examples/README.md, then every page of docs that has shell blocks. The list
 * includes a new page automatically.
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
