import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { readAlertRules } from '../../support/promql/alert-rules.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<
  'scripts' | 'dependencies' | 'devDependencies',
  Record<string, string>
>

test('CODEOWNERS names paths that are there', () => {
  const paths = read('CODEOWNERS')
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => line.split(/\s+/)[0] ?? '')
  assert.ok(paths.length > 5)
  assert.deepEqual(
    paths.filter((path) => !existsSync(path.slice(1))),
    [],
  )
})

test('renovate.json has rules for packages that are in use, and says why', () => {
  const { packageRules } = JSON.parse(read('renovate.json')) as {
    packageRules: { description: string; matchPackageNames: string[] }[]
  }
  const used = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  for (const { description, matchPackageNames } of packageRules) {
    assert.ok(description.length > 20)
    for (const name of matchPackageNames) {
      assert.ok(
        used.some((one) =>
          name.endsWith('/**') ? one.startsWith(name.slice(0, -2)) : one === name,
        ),
        `${name} is not in use`,
      )
    }
  }
})

test('every version in package.json is exact, as updates expect', () => {
  for (const [name, version] of Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
  })) {
    assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
  }
})

test('scripts that the documents tell to run are there', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'src/*/README.md'])
  const told = pages.flatMap((path) =>
    [...read(path).matchAll(/\bnpm run (?:-s )?([a-z][a-z:]*)/g)].map(([, name = '']) => name),
  )
  assert.ok(told.length > 5)
  assert.deepEqual(
    told.filter((name) => !(name in manifest.scripts)),
    [],
  )
})

test('the release guide watches alerts that exist', () => {
  const watched = [...read('docs/releasing.md').matchAll(/`([A-Z][a-z]+[A-Z]\w+)`/g)]
  const alerts = readAlertRules('deploy/prometheus/alerts.yml').map(({ alert }) => alert)
  assert.ok(watched.length > 1)
  for (const [, name = ''] of watched) assert.ok(alerts.includes(name), name)
})

test('whoever contributes is led to the security page, the release guide, the sources and the decisions', () => {
  const page = read('CONTRIBUTING.md')
  for (const path of [
    'SECURITY.md',
    'docs/releasing.md',
    'docs/sources.md',
    'docs/debug-one-upload.md',
    'docs/adr/README.md',
  ]) {
    assert.ok(page.includes(`(${path})`), path)
    assert.ok(existsSync(path), path)
  }
})

test('CI runs the check, which runs the unit tests, and keeps to the coverage floor that the guide names', () => {
  const { coverage = '', check = '' } = manifest.scripts
  const floor = (of: string): string =>
    new RegExp(`--test-coverage-${of}=(\\d+)`).exec(coverage)?.[1] ?? '0'
  const figures = ['lines', 'branches', 'functions'].map(floor)
  for (const figure of figures) assert.ok(Number(figure) >= 90, figure)
  const [lines, branches, functions] = figures
  assert.ok(
    read('CONTRIBUTING.md').includes(
      `${lines} % of the lines, ${branches} % of the branches and ${functions} % of the functions`,
    ),
  )
  assert.match(check, /npm run -s test:unit/)
  for (const part of ['format:check', 'lint', 'types', 'unused']) {
    assert.match(read('.ci/run'), new RegExp(`^npm run ${part}$`, 'm'))
  }
  assert.match(read('.ci/run'), /^npm test$/m)
})
