/**
 * Which part may import which, as data. The dependency-cruiser rules, the table in ARCHITECTURE.md
 * and the planted violations are all made from it. `node:` modules and a layer's own files are
 * always allowed.
 */
export type Layer = {
  /** Path under `src/`, as a regular expression without anchors. */
  path: string
  /** Names of other layers, `workflows/ports` (only the interfaces), or `everything`. */
  mayImport: readonly string[]
}

export const LAYERS: Record<string, Layer> = {
  lib: { path: 'lib/', mayImport: [] },
  domain: { path: 'domain/', mayImport: ['lib'] },
  intake: { path: 'intake/', mayImport: ['domain', 'lib'] },
  telemetry: { path: 'telemetry/', mayImport: ['domain', 'lib'] },
  workflows: { path: 'workflows/', mayImport: ['intake', 'domain', 'telemetry', 'lib'] },
  store: { path: 'store/', mayImport: ['workflows/ports', 'domain', 'telemetry', 'lib'] },
  lanes: { path: 'lanes/', mayImport: ['workflows/ports', 'domain', 'telemetry', 'lib'] },
  jobs: { path: 'jobs/', mayImport: ['workflows/ports', 'domain', 'telemetry', 'lib'] },
  genesys: { path: 'genesys/', mayImport: ['workflows/ports', 'domain', 'telemetry', 'lib'] },
  sync: { path: 'sync/', mayImport: ['workflows/ports', 'domain', 'telemetry', 'lib'] },
  inspection: { path: 'inspection/', mayImport: ['workflows/ports', 'domain', 'lib'] },
  http: { path: 'http/', mayImport: ['workflows', 'intake', 'domain', 'telemetry', 'lib'] },
  console: { path: 'console/', mayImport: ['workflows', 'intake', 'domain', 'telemetry', 'lib'] },
  sandbox: { path: 'sandbox/', mayImport: ['domain', 'lib'] },
  'config.ts': {
    path: '(config(-(addresses|intake|variable|variables|values))?|kept-keys)\\.ts$',
    mayImport: ['domain', 'lib'],
  },
  'compose.ts': { path: 'compose', mayImport: ['everything'] },
  'main.ts': { path: 'main\\.ts$', mayImport: ['compose.ts', 'config.ts', 'telemetry', 'lib'] },
  'audit-verify.ts': { path: 'audit-verify\\.ts$', mayImport: ['domain'] },
  'certificate-verify.mjs': { path: 'certificate-verify\\.mjs$', mayImport: [] },
  'key.ts': { path: 'key\\.ts$', mayImport: ['config.ts', 'domain', 'lib'] },
}

export type Door = {
  /** Package names. A trailing `/*` means a whole npm scope. */
  packages: readonly string[]
  /** Layers or file patterns (`domain/phone*`) that may import them. */
  from: readonly string[]
}

/**
 * Every runtime dependency has a place where it may be imported. A test compares this with
 * package.json.
 */
export const DOORS: readonly Door[] = [
  { packages: ['fastify', '@fastify/*', 'fastify-plugin'], from: ['http', 'console', 'sandbox'] },
  { packages: ['fastify-type-provider-zod'], from: ['http'] },
  { packages: ['eta', 'htmx.org'], from: ['console'] },
  { packages: ['undici'], from: ['genesys', 'sync'] },
  { packages: ['pg', '@electric-sql/pglite', 'kysely'], from: ['store', 'jobs'] },
  { packages: ['pg-boss'], from: ['jobs'] },
  { packages: ['libphonenumber-js'], from: ['domain/phone*'] },
  { packages: ['pino', 'pino-pretty', 'prom-client'], from: ['telemetry'] },
  { packages: ['standardwebhooks'], from: ['sync', 'http'] },
  { packages: ['ipaddr.js'], from: ['sync'] },
  { packages: ['file-type', 'yauzl', 'pdfjs-dist'], from: ['inspection'] },
  { packages: ['hash-wasm'], from: ['intake'] },
  {
    packages: ['zod'],
    from: [
      'domain',
      'intake',
      'http',
      'console',
      'genesys',
      'sync',
      'store',
      'sandbox',
      'config.ts',
    ],
  },
]

const code = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing' : names.map((name) => `\`${name}\``).join(', ')

const doorsOf = (layer: string): string[] =>
  DOORS.flatMap(({ packages, from }) =>
    from.some((place) => place === layer || place.startsWith(`${layer}/`)) ? packages : [],
  )

/** The table as ARCHITECTURE.md shows it. */
export const importTableMarkdown = (): string =>
  [
    '| from | may import | packages |',
    '|---|---|---|',
    ...Object.entries(LAYERS).map(([name, { mayImport }]) =>
      mayImport.includes('everything')
        ? `| \`${name}\` | everything | the same as the parts it composes |`
        : `| \`${name}\` | ${code(mayImport)} | ${doorsOf(name).length === 0 ? '–' : code(doorsOf(name))} |`,
    ),
  ].join('\n')
