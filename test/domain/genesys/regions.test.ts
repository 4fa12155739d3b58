import assert from 'node:assert/strict'
import { test } from 'node:test'

import { REGIONS, resolveRegion } from '../../../src/domain/genesys/regions.ts'

test('a region is known by its AWS name and by its domain, and nothing else is', () => {
  assert.equal(Object.keys(REGIONS).length, 18)
  for (const [name, domain] of Object.entries(REGIONS)) {
    assert.deepEqual(resolveRegion(domain.toUpperCase()), resolveRegion(name))
    assert.equal(resolveRegion(name)?.platform.loginUrl, `https://login.${domain}`)
    assert.equal(resolveRegion(name)?.guide.loginUrl, `https://api.${domain}`)
    const sovereign = name.startsWith('eusc-')
    const storage = sovereign ? '*.amazonaws.eu' : '*.amazonaws.com'
    assert.deepEqual(resolveRegion(name)?.uploadHosts, [storage], name)
  }
  for (const other of ['', 'evil.example', 'constructor', '__proto__', 'api.mypurecloud.com']) {
    assert.equal(resolveRegion(other), null)
  }
})
