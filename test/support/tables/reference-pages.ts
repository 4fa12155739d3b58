import { readFileSync, writeFileSync } from 'node:fs'

import { CONFIG_VARIABLES } from '../../../src/config-variables.ts'
import { FINDING_SEVERITIES } from '../../../src/domain/segments/analysis/finding.ts'
import { DEFINITION_FAULTS } from '../../../src/domain/segments/definition-faults.ts'
import { REJECTIONS } from '../../../src/domain/uploads/rejection.ts'
import { UPLOAD_WARNINGS } from '../../../src/domain/uploads/upload-warnings.ts'
import type { ApiDocument } from '../../../src/http/document/collection-file.ts'
import { PROBLEM_ENTRIES } from '../../../src/http/routes/problems/problem-entries.ts'

/** The beginning of each reference page. A test checks that the pages match the code. */
const MADE =
  '`npm run reference` makes this page from the code, and a test checks that the page matches the code.'

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
    .join('\n')
    .replaceAll(/^\|(?: --- \|)+$/gmu, (line) => line.replaceAll(' ', ''))
const inOrder = <T extends readonly string[]>(rows: readonly T[]): T[] =>
  rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))

const entriesAbout = (about: 'call' | 'upload') =>
  PROBLEM_ENTRIES.filter((entry) => entry.about === about)

const codesPage = (): string => `# Codes

${MADE} Codes are part of the contract, so they never change. A running gateway has a page for each code of a call, an upload or a row at
\`/problems/{code}\`. The page shows an example and the fix. The \`type\` of every error links to the page of its code.

## Codes of calls

If the gateway refuses a call, it answers with \`application/problem+json\`. The answer has a \`code\`, a \`detail\`, and a \`hint\` that shows how to fix the cause.

${table(
  ['code', 'status', 'what it means'],
  inOrder(
    entriesAbout('call').map(({ code, status, title }) => [
      `\`${code}\``,
      String(status),
      title ?? '',
    ]),
  ),
)}

## Codes of uploads and files

These codes are in the \`problem\` of an upload, a guest file or a segment that the gateway could not deliver.

${table(
  ['code', 'what it means'],
  inOrder(entriesAbout('upload').map(({ code, title }) => [`\`${code}\``, title ?? ''])),
)}

## Codes of rows and entries

These codes are in the ledger of an upload and in the rejected entries of a do-not-call submission. With each code, you get the line and the column, and never the content of a cell.

${table(
  ['code', 'what it means'],
  inOrder(Object.entries(REJECTIONS).map(([code, { meaning }]) => [`\`${code}\``, meaning])),
)}

## Warnings of uploads

These codes are in the \`warnings\` of an upload. The gateway accepts the upload anyway.

${table(
  ['code', 'what it means'],
  inOrder(Object.entries(UPLOAD_WARNINGS).map(([code, detail]) => [`\`${code}\``, detail])),
)}

## Faults of a segment definition

These codes are in the \`errors\` of the problem \`segment-invalid\`. Each error has the JSON pointer of the place at fault. Read each text of the second column after the words "The place".

${table(
  ['code', 'the place'],
  inOrder(Object.entries(DEFINITION_FAULTS).map(([code, detail]) => [`\`${code}\``, detail])),
)}

## Findings of a segment

These codes are in \`analysis.findings\`. [segments.md](segments.md#what-is-found) explains each finding.

${table(
  ['code', 'severity'],
  inOrder(Object.entries(FINDING_SEVERITIES).map(([code, severity]) => [`\`${code}\``, severity])),
)}
`

const groups = (): string[] => [...new Set(CONFIG_VARIABLES.map(({ group }) => group))]

const configurationPage = (): string => `# Configuration

${MADE} The gateway reads these variables from its environment, and from a file \`.env\` if there is one. You can copy [.env.example](../.env.example), which has the same variables.
If a value is not valid, the gateway does not start, and names the variable. It never logs a secret.

${groups()
  .map((group) => {
    const rows = CONFIG_VARIABLES.filter((variable) => variable.group === group)
    return `## ${group}\n\n${table(
      ['variable', 'Default', 'what it is'],
      rows.map(({ name, default: value, reason, secret }) => [
        `\`${name}\`${secret === true ? ' (secret)' : ''}`,
        value === null ? '–' : `\`${value}\``,
        reason,
      ]),
    )}`
  })
  .join('\n\n')}
`

const exampleEnvironment =
  (): string => `# Every variable that the gateway reads, with its default and the reason. \`npm run reference\` makes this file from src/config-variables.ts.

${groups()
  .map((group) => {
    const variables = CONFIG_VARIABLES.filter((variable) => variable.group === group)
    const lines = variables.map(
      ({ name, default: value, reason }) =>
        `# ${reason}\n${value === null ? `# ${name}=` : `${name}=${value}`}`,
    )
    return `## ${group}\n${lines.join('\n')}`
  })
  .join('\n\n')}
`

type Operation = ApiDocument['paths'][string][string]
const scopeOf = ({ description = '', security = [] }: Operation): string => {
  if (security.length === 0) return 'no key'
  const scope = /`([a-z:]+)`/u.exec(description)?.[1] ?? 'any key'
  // An empty requirement means that some calls need no key.
  const isOptional = security.some((requirement) => Object.keys(requirement).length === 0)
  return isOptional ? `${scope}, or none: see the text` : scope
}

const apiPage = ({ tags, paths }: ApiDocument): string => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const sections = tags.map(({ name, description }) => {
    const calls = operations.filter(({ operation }) => operation.tags.includes(name))
    return `## ${name}\n\n${description}.\n\n${table(
      ['call', 'what it does', 'scope'],
      calls.map(({ method, path, operation }) => [
        `\`${method.toUpperCase()} ${path}\``,
        operation.summary,
        scopeOf(operation),
      ]),
    )}`
  })
  return `# Calls of the API

${MADE} This page lists every call. A running gateway shows the parameters, bodies and answers of each call at \`/docs\`, and as OpenAPI 3.1 at \`/openapi.json\`
([openapi/openapi.json](../openapi/openapi.json)). [openapi/postman_collection.json](../openapi/postman_collection.json) has each call with an example, for Postman and Bruno.

Send your key as \`Authorization: Bearer …\`. A call without a key gets 401. A key without the scope of the call gets 403. If an object belongs to a different tenant, the answer is 404, as if it did not exist.

${sections.join('\n\n')}
`
}

/** The text of each page, by its path in the repository. */
export const referencePages = (): Record<string, string> => ({
  'docs/codes.md': codesPage(),
  'docs/configuration.md': configurationPage(),
  '.env.example': exampleEnvironment(),
  'docs/api.md': apiPage(JSON.parse(readFileSync('openapi/openapi.json', 'utf8'))),
})

if (import.meta.main) {
  for (const [path, text] of Object.entries(referencePages())) writeFileSync(path, text)
}
