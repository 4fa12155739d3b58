import assert from 'node:assert/strict'
import { test } from 'node:test'

import { placeOf } from '../../../src/compose/place.ts'
import { readConfig } from '../../../src/config.ts'

/** The start ended with "getaddrinfo ENOTFOUND [::1]". The host could have been the database. */
test('a start that cannot listen names HOST and PORT', async () => {
  await assert.rejects(
    placeOf(readConfig({ HOST: '[::1]', PORT: '0' })),
    /HOST, PORT: the gateway cannot listen at \[::1\], port 0 \(ENOTFOUND\)/,
  )
  const place = await placeOf(readConfig({ PORT: '1' }))
  const taken = Object.assign(new Error('listen'), { code: 'EADDRINUSE' })
  await assert.rejects(
    place.listen({ listen: () => Promise.reject(taken) }),
    /HOST, PORT: .* 127\.0\.0\.1, port 1 \(EADDRINUSE\)/,
  )
})
