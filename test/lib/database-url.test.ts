import assert from 'node:assert/strict'
import { test } from 'node:test'

import { urlsOfHosts } from '../../src/lib/database-url.ts'

test('a URL that lists hosts is one for each of them, in their order', () => {
  assert.deepEqual(
    urlsOfHosts('postgres://me:a%40b@one:5432,two.example:6432,[::1]/name?sslmode=require'),
    [
      'postgres://me:a%40b@one:5432/name?sslmode=require',
      'postgres://me:a%40b@two.example:6432/name?sslmode=require',
      'postgres://me:a%40b@[::1]/name?sslmode=require',
    ],
  )
  assert.deepEqual(urlsOfHosts('postgresql://one/name'), ['postgresql://one/name'])
})

test('what is no URL of PostgreSQL, or lists an empty host or a port that is none, is refused', () => {
  for (const url of [
    'http://one/name',
    'postgres://',
    'one:5432/name',
    'postgres://one,,two/n',
    'postgres://one:x,two/n',
    'postgres://me@/name',
  ]) {
    assert.equal(urlsOfHosts(url), null, url)
  }
})
