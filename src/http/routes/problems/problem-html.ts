import type { Operation } from '../../document/operation.ts'
import { SANDBOX_NOTICE } from '../../server/sandbox-notice.ts'
import {
  findProblemEntry,
  PROBLEM_ENTRIES,
  relatedCodes,
  type ProblemEntry,
} from './problem-entries.ts'

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/gu, (sign) => ESCAPES[sign]!)

/**
 * Turns a text into HTML. Text between backticks becomes a `<code>` element. If the text is the
 * code of a problem that has a page, the element is also a link to the page.
 */
const prose = (text: string): string =>
  text
    .split('`')
    .map((part, at) => {
      if (at % 2 === 0) return escapeHtml(part)
      return findProblemEntry(part) === undefined
        ? `<code>${escapeHtml(part)}</code>`
        : `<a href="/problems/${part}"><code>${part}</code></a>`
    })
    .join('')

/**
 * HTML of an example. An example without backticks is code as a whole. An example with backticks is
 * a sentence.
 */
const exampleHtml = (text: string): string =>
  text.includes('`') ? prose(text) : `<code>${escapeHtml(text)}</code>`

const line = ({ code, title, meaning }: ProblemEntry): string =>
  `<li><a href="/problems/${code}"><code>${code}</code></a> ${title === undefined ? prose(meaning) : escapeHtml(title)}</li>`

const page = (sandbox: boolean, title: string, body: string): string => {
  const notice = sandbox ? `<p role="note"><strong>${escapeHtml(SANDBOX_NOTICE)}</strong></p>` : ''
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}code{background:#f2f2f2}</style>
</head><body>${notice}${body}</body></html>
`
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<h2>${title}</h2><ul>${lines.join('\n')}</ul>`

/**
 * The HTML page of one code. `operations`: the operations that list the code as their own problem.
 */
export const problemHtml = (
  entry: ProblemEntry,
  { sandbox, operations }: { sandbox: boolean; operations: readonly Operation[] },
): string => {
  const place = { call: `HTTP ${entry.status}`, upload: 'an upload', row: 'a row of an upload' }
  const title = entry.title ?? entry.code
  const related = relatedCodes(entry).map((code) => line(findProblemEntry(code)!))
  const calls = operations.map(
    ({ method, url, summary }) =>
      `<li><code>${method} ${escapeHtml(url.replaceAll(/:(\w+)/gu, '{$1}'))}</code> ${prose(summary)}</li>`,
  )
  return page(
    sandbox,
    title,
    `<h1>${escapeHtml(title)}</h1>
<p><code>${entry.code}</code> · ${place[entry.about]}</p>
<h2>Meaning</h2><p>${prose(entry.meaning)}</p>
<h2>Example</h2><p>${exampleHtml(entry.example)}</p>
<h2>Fix</h2><p>${prose(entry.fix)}</p>
${section('Calls that can get this answer', calls)}
${section('Related', related)}
<p><a href="/problems">All problems</a></p>`,
  )
}

/** The HTML page that lists all codes. */
export const problemsHtml = (sandbox: boolean): string => {
  const about = (wanted: ProblemEntry['about']): string[] =>
    PROBLEM_ENTRIES.filter((entry) => entry.about === wanted).map(line)
  return page(
    sandbox,
    'Problems',
    `<h1>Problems</h1>${section('Calls and files', about('call'))}
${section('Uploads', about('upload'))}
${section('Rows', about('row'))}`,
  )
}
