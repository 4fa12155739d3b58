import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const JUDGE = join(import.meta.dirname, '../../../src/inspection/guest-files/pdf-objects.ts')

/**
 * A guest file of 50 KB made every caller wait for ten seconds, and one of 10 MB for hours, because
 * each search began again at every place.
 */
const PDFS: Record<string, string> = {
  'a number of a million digits': `'/EF<<' + '1'.repeat(1e6) + '>>'`,
  'files that begin and do not end': `'/EF<<'.repeat(2e5)`,
  'streams without an object': `'stream\\n'.repeat(2e5)`,
  'streams behind long numbers': `('1'.repeat(16000) + ' 0 obj<<>>stream\\n').repeat(60)`,
  'strings that do not end': `'('.repeat(1e6)`,
  'objects before one long comment': `'/JavaScripts\\n' + 'obj%'.repeat(5e5)`,
  'types before one long comment': `'/JavaScripts\\n' + '/S%'.repeat(5e5)`,
  'comments before many names of actions': `'%\\n'.repeat(2e5) + '/GoToR '.repeat(2e5)`,
  'filters that do not end': `'1 0 obj<<' + '/Filter['.repeat(1e5) + '>>stream\\n'`,
}

for (const [what, content] of Object.entries(PDFS)) {
  test(`a PDF of ${what} is judged immediately`, () => {
    const script = `
      import { pdfObjectsFault } from ${JSON.stringify(JUDGE)}
      const fault = pdfObjectsFault(Buffer.from('%PDF-1.4\\n' + ${content} + '\\n%%EOF', 'latin1'))
      process.stdout.write(JSON.stringify(fault?.code ?? null))`
    // It took hours before the fix. The child process has much time, because machines may be busy.
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 60_000,
      encoding: 'utf8',
    })
    assert.ok([null, 'pdf-active-content'].includes(JSON.parse(said) as string | null), said)
  })
}
