import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const SEARCH = join(import.meta.dirname, '../../../src/inspection/guest-files/hidden-file.ts')

/**
 * The search for a program behind a picture went from every end of a header back to every
 * beginning. For 1 MB, all callers waited for 36 s, and for 10 MB an hour.
 */
test('10 MB of beginnings and ends of programs behind a picture are searched immediately', () => {
  const script = `
    import { hiddenFileIn } from ${JSON.stringify(SEARCH)}
    process.stdout.write(JSON.stringify(hiddenFileIn(Buffer.from('PE\\0\\0MZMZ'.repeat(1.3e6), 'latin1'))))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 60_000,
    encoding: 'utf8',
  })
  assert.equal(said, 'null')
})
