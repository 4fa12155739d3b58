import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, test } from 'node:test'

import { readImports, ruleNames } from './import-rules.ts'
import { LAYERS } from './import-table.ts'

/**
 * A rule that never reported anything may be unable to report. So each rule is made to report here,
 * on a small project that breaks it.
 */
const root = mkdtempSync(join(tmpdir(), 'planted-'))
after(() => rmSync(root, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** By file: its text, and the rule that must report it. */
const planted: Record<string, { text: string; rule: string }> = {
  'src/lib/knows-domain.ts': plant("import { x } from '../domain/x.ts'", 'layer lib'),
  'src/domain/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer domain'),
  'src/intake/knows-workflows.ts': plant("import { x } from '../workflows/x.ts'", 'layer intake'),
  'src/telemetry/knows-http.ts': plant("import { x } from '../http/x.ts'", 'layer telemetry'),
  'src/workflows/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer workflows'),
  'src/store/knows-workflow.ts': plant("import { x } from '../workflows/x.ts'", 'layer store'),
  'src/lanes/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer lanes'),
  'src/jobs/knows-sync.ts': plant("import { x } from '../sync/x.ts'", 'layer jobs'),
  'src/genesys/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer genesys'),
  'src/sync/knows-genesys.ts': plant("import { x } from '../genesys/x.ts'", 'layer sync'),
  'src/inspection/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer inspection'),
  'src/workflows/sniffs.ts': plant("import { x } from 'file-type'", 'door file-type'),
  'src/store/digests.ts': plant("import { x } from 'hash-wasm'", 'door hash-wasm'),
  'src/workflows/unzips.ts': plant("import { x } from 'yauzl'", 'door yauzl'),
  'src/http/reads-pdf.ts': plant(
    "import { x } from 'pdfjs-dist/legacy/build/pdf.mjs'",
    'door pdfjs-dist',
  ),
  'src/http/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer http'),
  'src/console/knows-store.ts': plant("import { x } from '../store/x.ts'", 'layer console'),
  'src/http/draws.ts': plant("import { Eta } from 'eta'", 'door eta'),
  'src/http/swaps.ts': plant("import 'htmx.org'", 'door htmx.org'),
  'src/sandbox/knows-genesys.ts': plant("import { x } from '../genesys/x.ts'", 'layer sandbox'),
  'src/config.ts': plant("import { x } from './store/x.ts'", 'layer config.ts'),
  'src/main.ts': plant("import { x } from './store/x.ts'", 'layer main.ts'),
  'src/audit-verify.ts': plant("import { x } from './store/x.ts'", 'layer audit-verify.ts'),
  'src/certificate-verify.mjs': plant(
    "import { x } from './domain/x.ts'",
    'layer certificate-verify.mjs',
  ),
  'src/key.ts': plant("import { x } from './store/x.ts'", 'layer key.ts'),
  'src/lib/knows-config.ts': plant("import { x } from '../config.ts'", 'layer lib'),
  'src/store/knows-types.ts': plant("import type { X } from '../http/x.ts'", 'layer store'),
  'src/store/loads-later.ts': plant("const x = await import('../http/x.ts')", 'layer store'),
  'src/store/passes-on.ts': plant("export { x } from '../http/x.ts'", 'layer store'),
  'src/workflows/serves.ts': plant("import { fastify } from 'fastify'", 'door fastify'),
  'src/store/plugs.ts': plant("import type { FastifyPluginAsync } from 'fastify'", 'door fastify'),
  'src/workflows/parts.ts': plant("import multipart from '@fastify/multipart'", 'door @fastify/*'),
  'src/genesys/wraps.ts': plant("import wrap from 'fastify-plugin'", 'door fastify-plugin'),
  'src/sandbox/describes.ts': plant(
    "import { jsonSchemaTransform } from 'fastify-type-provider-zod'",
    'door fastify-type-provider-zod',
  ),
  'src/http/calls-out.ts': plant("import { request } from 'undici'", 'door undici'),
  'src/workflows/queries.ts': plant("import pg from 'pg'", 'door pg'),
  'src/lanes/embeds.ts': plant(
    "import { PGlite } from '@electric-sql/pglite'",
    'door @electric-sql/pglite',
  ),
  'src/http/builds-sql.ts': plant("import { Kysely } from 'kysely'", 'door kysely'),
  'src/store/queues.ts': plant("import { PgBoss } from 'pg-boss'", 'door pg-boss'),
  'src/domain/contact.ts': plant(
    "import { parsePhoneNumber } from 'libphonenumber-js'",
    'door libphonenumber-js',
  ),
  'src/domain/contact-max.ts': plant(
    "import { parsePhoneNumber } from 'libphonenumber-js/max'",
    'door libphonenumber-js',
  ),
  'src/http/logs.ts': plant("import { pino } from 'pino'", 'door pino'),
  'src/http/prints.ts': plant("import pretty from 'pino-pretty'", 'door pino-pretty'),
  'src/http/counts.ts': plant("import { Counter } from 'prom-client'", 'door prom-client'),
  'src/lanes/signs.ts': plant(
    "import { Webhook } from 'standardwebhooks'",
    'door standardwebhooks',
  ),
  'src/http/ranges.ts': plant("import ipaddr from 'ipaddr.js'", 'door ipaddr.js'),
  'src/lib/parses.ts': plant("import { z } from 'zod'", 'door zod'),
  'src/domain/turns-back.ts': plant("import { b } from './turns.ts'", 'cycle'),
  'src/domain/lost.ts': plant("import { x } from './not-there.ts'", 'missing'),
  'src/domain/no-package.ts': plant("import x from 'no-such-package-at-all'", 'missing'),
  'src/intake/tests.ts': plant("import { x } from '../../test/x.ts'", 'test in src'),
  'src/intake/parses-csv.ts': plant("import { parse } from 'csv-parse'", 'dev package in src'),
  'src/intake/borrows.ts': plant("import x from 'avvio'", 'undeclared package'),
}

function plant(text: string, rule: string): { text: string; rule: string } {
  return { text: `${text}\nexport const a = 1\n`, rule }
}

const allowed: Record<string, string> = {
  'src/compose.ts':
    "import './store/x.ts'\nimport './http/x.ts'\nimport 'pg'\nimport './config.ts'\n",
  'src/store/implements.ts': "import type { X } from '../workflows/ports/x.ts'\nimport 'kysely'\n",
  'src/domain/phone-metadata.ts': "import 'libphonenumber-js/max'\nimport '../lib/x.ts'\n",
  'src/sandbox/serves.ts': "import 'fastify'\nimport '../domain/x.ts'\n",
  'src/jobs/works.ts': "import 'pg-boss'\nimport 'kysely'\n",
  'src/lib/reads.ts': "import 'node:fs'\n",
}

copyFileSync('package.json', join(root, 'package.json'))
symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
write('test/x.ts', 'export const x = 1\n')
write('src/domain/turns.ts', "import { a } from './turns-back.ts'\nexport const b = a\n")
write('src/workflows/ports/x.ts', 'export type X = 1\n')
for (const layer of Object.keys(LAYERS).filter((name) => !/\.(?:ts|mjs)$/u.test(name))) {
  write(`src/${layer}/x.ts`, 'export const x = 1\nexport type X = 1\n')
}
for (const [path, { text }] of Object.entries(planted)) write(path, text)
for (const [path, text] of Object.entries(allowed)) write(path, text)
const read = readImports(root)

for (const [path, { rule }] of Object.entries(planted)) {
  test(`the planted ${path} is caught by "${rule}"`, async () => {
    const { findings } = await read
    const fired = findings.filter(({ from }) => from === path).map((found) => found.rule)
    assert.ok(fired.includes(rule), `fired: ${fired.join(', ') || 'nothing'}`)
  })
}

test('what the table allows is not caught', async () => {
  const { findings } = await read
  assert.deepEqual(
    findings.filter(({ from }) => from in allowed),
    [],
  )
})

test('every rule is planted once at least', () => {
  const rules = Object.values(planted).map(({ rule }) => rule)
  assert.deepEqual(
    ruleNames().filter((name) => !rules.includes(name)),
    [],
  )
})
