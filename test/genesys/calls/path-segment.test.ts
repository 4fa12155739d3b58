import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { pathSegment } from '../../../src/genesys/calls/path-segment.ts'

test('an id is one part of a path, and stays within it', () => {
  for (const id of ['demo-contacts', 'a.b', 'a..', '3f2b-11ee', 'x:y@z', 'a_b~c']) {
    const at = new URL(`https://genesys.example/api/lists/${pathSegment(id)}/contacts`)
    assert.equal(at.pathname.split('/').length, 5)
    assert.equal(decodeURIComponent(at.pathname.split('/')[3]!), id)
  }
})

test('one that would climb, and one that no list can have, is a list that is not there', () => {
  for (const id of ['', '.', '..', '...', '%2e', 'a/b', 'a\\b', 'a\0', '?', '#', 'é', 'a b']) {
    const refused = (error: unknown): boolean =>
      error instanceof GenesysFailure && error.kind === 'not_found' && error.retry === 'never'
    assert.throws(() => pathSegment(id), refused, JSON.stringify(id))
  }
})
