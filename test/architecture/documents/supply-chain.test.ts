import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

type Locked = {
  version: string
  resolved?: string
  integrity?: string
  dev?: boolean
  optional?: boolean
}
type Lock = { packages: Record<string, Locked & { hasInstallScript?: boolean }> }

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  allowScripts: Record<string, boolean>
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
const installed = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, about]) => ({ name: path.replace(/^.*node_modules\//u, ''), ...about }))

/**
 * The versions that fixed known vulnerabilities. `known-vulnerabilities.test.ts` tries those of the
 * packages that handle HTTP.
 */
const FLOORS: Record<string, string> = {
  '@fastify/busboy': '3.2.6',
  '@fastify/multipart': '10.1.9',
  '@fastify/proxy-addr': '5.1.1',
  'csv-parse': '7.0.2',
  fastify: '5.12.6',
  undici: '8.12.4',
  yauzl: '3.4.0',
}

const isAtLeast = (version: string, floor: string): boolean => {
  const parts = (text: string): number[] => text.split(/[.-]/u).slice(0, 3).map(Number)
  const [have, need] = [parts(version), parts(floor)]
  const differs = need.findIndex((part, at) => part !== have[at])
  return differs < 0 || have[differs]! > need[differs]!
}

test('no package is older than the version that fixed its known faults', () => {
  for (const [name, floor] of Object.entries(FLOORS)) {
    const versions = installed.filter((one) => one.name === name).map(({ version }) => version)
    assert.ok(versions.length > 0, `${name} is not in use any more: take its floor out`)
    for (const version of versions) assert.ok(isAtLeast(version, floor), `${name} ${version}`)
  }
  assert.ok(!isAtLeast('3.2.5', '3.2.6') && !isAtLeast('7.30.2', '8.12.4'))
  assert.ok(isAtLeast('10.0.0', '9.9.9') && isAtLeast('3.2.6', '3.2.6'))
})

test('what runs has neither axios nor form-data', () => {
  const avoided = new Set(['axios', 'form-data', 'request', 'lodash'])
  assert.deepEqual(
    installed.filter(({ name, dev }) => avoided.has(name) && dev !== true),
    [],
  )
})

test('every package comes from the registry by https, with its digest', () => {
  for (const { name, resolved, integrity, dev, optional } of installed) {
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//u, name)
    // For tools that only other machines need, npm records no checksum.
    if (dev !== true || optional !== true) assert.match(integrity ?? '', /^sha512-/u, name)
  }
  assert.ok(installed.length > 300)
})

test('a package runs a script during its installation only if package.json allows this', () => {
  const scripted = Object.entries(packages)
    .filter(([path, { hasInstallScript, dev }]) => path !== '' && hasInstallScript && dev !== true)
    .map(([path]) => path.replace(/^.*node_modules\//u, ''))
  assert.deepEqual(
    scripted.filter((name) => manifest.allowScripts[name] !== true),
    [],
  )
})

test('the bill of materials of `npm run sbom` names every locked package and its version', (t) => {
  const printed = execFileSync('npm', ['run', '-s', 'sbom'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const bill = JSON.parse(printed) as {
    bomFormat: string
    components: { name: string; version: string }[]
  }
  assert.equal(bill.bomFormat, 'CycloneDX')
  const told = new Set(bill.components.map(({ name, version }) => `${name}@${version}`))
  const locked = new Set(installed.map(({ name, version }) => `${name}@${version}`))
  assert.deepEqual([...locked.symmetricDifference(told)], [])
  t.diagnostic(`${told.size} packages`)
})

test('no file of the repository holds a key or a token', () => {
  const secret = new RegExp(
    [
      String.raw`ogw_[\w-]{40,}`,
      ['-----BEGIN', '(?:\\w+ )?PRIVATE KEY-----'].join(' '),
      String.raw`AKIA[0-9A-Z]{16}`,
      String.raw`\bghp_\w{36}`,
      String.raw`xox[abp]-\w{10,}`,
    ].join('|'),
    'u',
  )
  const example = /ZXhhbXBsZS/u
  const files = globSync(
    ['*', 'src/**/*', 'docs/**/*', 'deploy/**/*', 'examples/**/*', 'bench/**/*'],
    {
      withFileTypes: true,
    },
  ).filter((entry) => entry.isFile())
  const found = files.filter((entry) => {
    const text = readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')
    const match = secret.exec(text)
    return match !== null && !example.test(match[0])
  })
  assert.ok(files.length > 300)
  assert.deepEqual(
    found.map(({ parentPath, name }) => `${parentPath}/${name}`),
    [],
  )
})
