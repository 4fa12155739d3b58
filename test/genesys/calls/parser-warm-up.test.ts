import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const MODULE = new URL('../../../src/genesys/calls/parser-warm-up.ts', import.meta.url).href
const PROGRAM = `
  const { warmUpParser } = await import(${JSON.stringify(MODULE)})
  await warmUpParser()
  console.log('warm')
`

test('the warm-up of the parser ends, and leaves nothing that keeps a process alive', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM],
    { timeout: 60_000 },
  )
  assert.equal(stdout, 'warm\n')
})
