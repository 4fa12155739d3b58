import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { parse } from 'yaml'

import { CONFIG_VARIABLES } from '../../../src/config-variables.ts'

type Service = {
  image?: string
  build?: string
  command?: string[]
  environment?: Record<string, string>
  env_file?: string[]
  logging?: { driver: string; options: Record<string, string> }
  read_only?: boolean
  ulimits?: { core?: number }
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  mem_limit?: string
  healthcheck?: { test: string[] }
}

const { services, volumes: namedVolumes } = parse(readFileSync('docker-compose.yml', 'utf8'), {
  merge: true,
}) as { services: Record<string, Service>; volumes: object }
const gateways = ['gateway-a', 'gateway-b'].map((name) => services[name])
const dockerfile = readFileSync('Dockerfile', 'utf8').replace(/\\\n/g, ' ')
const instructions = dockerfile
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))
const all = (name: string): string[] =>
  instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest)

test('the image is one stage on a pinned major of Node, run by a user without rights', () => {
  assert.deepEqual(all('FROM'), ['node:24-slim'])
  assert.deepEqual(all('USER'), ['node'])
  const order = instructions.map(({ name }) => name)
  assert.ok(order.indexOf('USER') > order.lastIndexOf('RUN'), 'nothing is installed as that user')
})

test('the image installs runtime packages only and starts the sources as they are', () => {
  assert.ok(all('RUN').some((run) => run.includes('npm ci --omit=dev')))
  assert.deepEqual(all('CMD'), [
    '["sh", "-c", "ulimit -c 0; MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=524288 MALLOC_TRIM_THRESHOLD_=16777216 exec node --max-semi-space-size=4 src/main.ts"]',
  ])
  assert.ok(existsSync('src/main.ts'))
})

/** The variables of the memory allocator that a text sets, as `NAME=value`, sorted. */
const allocatorIn = (text: string): string[] =>
  [...text.matchAll(/(MALLOC_\w+?)(?:=|: ')(\d+)/g)]
    .map(([, name, value]) => `${name}=${value}`)
    .toSorted()

test('npm start, the image and the gateways of tests set the allocator alike', () => {
  const started = allocatorIn(readFileSync('package.json', 'utf8'))
  assert.equal(started.length, 3)
  assert.deepEqual(allocatorIn(dockerfile), started)
  const tested = readFileSync('test/support/gateway/gateway-process.ts', 'utf8')
  assert.deepEqual(allocatorIn(tested), started)
})

test('the image writes nowhere but in its one volume', () => {
  assert.deepEqual(all('VOLUME'), ['/data'])
  assert.match(all('ENV').join(' '), /DATA_DIR=\/data/)
})

test('the image tells whether it lives', () => {
  assert.match(all('HEALTHCHECK').join(''), /\/livez/)
})

test('every file that the image copies exists and is not ignored', () => {
  const kept = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const copied = all('COPY').flatMap((copy) => copy.split(' ').slice(0, -1))
  assert.ok(copied.length > 3)
  assert.deepEqual(
    copied.filter((path) => !existsSync(path) || !kept.includes(path)),
    [],
  )
})

test('every composed service has a health check, a read-only root and a pinned image', () => {
  assert.deepEqual(Object.keys(services).toSorted(), [
    'clamd',
    'gateway-a',
    'gateway-b',
    'grafana',
    'postgres',
    'prometheus',
    'sandbox',
  ])
  for (const [name, service] of Object.entries(services)) {
    const check = service.healthcheck?.test ?? []
    assert.ok(check.length > 1, name)
    // Without quotes, `a ? 0 : 1` is a mapping in YAML, and Compose refuses the file.
    for (const word of check) assert.equal(typeof word, 'string', name)
    assert.equal(service.read_only, true, name)
    if (service.build === undefined) assert.match(service.image ?? '', /:v?\d+\.\d+/, name)
  }
})

test('secrets of the Compose file come from outside; the only one in the file is the sample secret of the sandbox', () => {
  for (const [name, { environment = {} }] of Object.entries(services)) {
    const written = Object.entries(environment)
      .filter(([variable]) => /SECRET|PASSWORD|KEY|TOKEN|DATABASE_URL/.test(variable))
      .filter(([, value]) => !/\$\{[A-Z_]+:\?/.test(value))
      .map(([variable, value]) => `${variable}=${value}`)
    const sample = name.startsWith('gateway')
      ? ['GENESYS_CLIENT_SECRET=${GENESYS_CLIENT_SECRET:-sandbox-secret}']
      : []
    assert.deepEqual(written, sample)
  }
})

test('the composed gateways differ in their port alone and are given variables that exist', () => {
  const known = CONFIG_VARIABLES.map(({ name }) => name)
  for (const gateway of gateways) {
    assert.deepEqual(gateway?.environment, gateways[0]?.environment)
    assert.equal(gateway?.ulimits?.core, 0)
    assert.deepEqual(
      Object.keys(gateway?.environment ?? {}).filter((name) => !known.includes(name)),
      [],
    )
  }
})

test('the composed gateways ask the composed scanner, which no port of the machine leads to', () => {
  const clamd = services['clamd']
  assert.match(clamd?.image ?? '', /^clamav\/clamav:1\.4\./)
  assert.equal(clamd?.ports, undefined)
  assert.ok(clamd?.volumes?.some((volume) => volume.endsWith(':/var/lib/clamav')))
  for (const gateway of gateways) {
    // If the variable is set but empty in .env, no scanner checks guest files.
    assert.equal(gateway?.environment?.['CLAMD_HOST'], '${CLAMD_HOST-clamd}')
    assert.equal(gateway.environment['CLAMD_PORT'], '${CLAMD_PORT:-3310}')
    // If the scanner is away, guest files wait, but the gateway starts.
    assert.equal(gateway.depends_on?.['clamd']?.condition, 'service_started')
  }
})

test('the log of every composed service is turned over, so that it never fills the disk', () => {
  for (const [name, { logging }] of Object.entries(services)) {
    assert.equal(logging?.driver, 'json-file', name)
    assert.deepEqual(logging.options, { 'max-size': '20m', 'max-file': '5' }, name)
  }
})

test('the composed gateways get all of .env, and nothing of it can take them off the network', () => {
  for (const gateway of gateways) {
    assert.deepEqual(gateway?.env_file, ['.env'])
    assert.deepEqual(
      [gateway.environment?.['HOST'], gateway.environment?.['PORT']],
      ['0.0.0.0', '3000'],
    )
    // If .env does not set the variable, Genesys is the sandbox. Any value in .env counts, even an
    // empty address.
    assert.equal(gateway.environment?.['GENESYS_API_URL'], '${GENESYS_API_URL-http://sandbox:4010}')
    assert.equal(gateway.environment?.['PUBLIC_URL'], '${PUBLIC_URL:-http://127.0.0.1:3000}')
  }
})

test('the .env of the runbook has what Compose asks for, and alerts lead to an absolute address', () => {
  const compose = readFileSync('docker-compose.yml', 'utf8')
  const asked = [...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name)
  const runbook = readFileSync('docs/runbook.md', 'utf8')
  const made = [...runbook.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name)
  assert.deepEqual(
    [...new Set(asked)].filter((name) => !made.includes(name)),
    [],
  )
  assert.match(runbook, /^RUNBOOK_URL=\w+:\/\//m)
  assert.match(
    readFileSync('deploy/prometheus/prometheus.yml', 'utf8'),
    /runbook: \$\{RUNBOOK_URL\}/,
  )
})

test('what is mounted from the project exists, and every other volume is declared', () => {
  const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes)
  assert.ok(mounts.length > 5)
  for (const mount of mounts) {
    const [source = ''] = mount.split(':')
    if (!source.startsWith('.')) assert.ok(source in namedVolumes, mount)
    else assert.ok(existsSync(source) && mount.endsWith(':ro'), mount)
  }
})

test('Prometheus scrapes every composed gateway under the name that the alerts select by', () => {
  const { scrape_configs, rule_files } = parse(
    readFileSync('deploy/prometheus/prometheus.yml', 'utf8'),
  ) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
    rule_files: string[]
  }
  const [job, ...others] = scrape_configs
  assert.equal(others.length, 0)
  assert.equal(job?.job_name, 'gateway')
  assert.deepEqual(
    job?.static_configs.flatMap(({ targets }) => targets),
    ['gateway-a:3000', 'gateway-b:3000'],
  )
  assert.deepEqual(
    rule_files.filter((file) => !existsSync(`deploy/prometheus/${file}`)),
    [],
  )
})

test('the alert on memory speaks before the composed limit does', () => {
  const [, limitBytes] = /> (\d+) \* 1024 \* 1024/.exec(
    readFileSync('deploy/prometheus/alerts.yml', 'utf8'),
  ) ?? ['', '0']
  assert.equal(gateways[0]?.mem_limit, '1g')
  assert.ok(Number(limitBytes) > 500 && Number(limitBytes) < 900)
})
