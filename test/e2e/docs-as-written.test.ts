import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, test } from 'node:test'

import { createReader, makeFolder, type Reader } from '../support/documents/reader.ts'
import { type ShellBlock, shellPages } from '../support/documents/shell-pages.ts'
import { freePort } from '../support/gateway/free-port.ts'

/**
 * Runs README.md, examples/README.md and every page of docs, as a reader does who copies block
 * after block into a shell, in one clean folder. Every command must succeed, and every call must be
 * answered without an error. If this test cannot run a block, a comment above the block says why.
 * Readers of the page do not see this comment.
 */
const PROJECT = join(import.meta.dirname, '..', '..')
const PAGES = shellPages(PROJECT)
const BLOCKS = PAGES.flatMap(({ blocks }) => blocks)

/**
 * The number of blocks that are not run, by page and reason. Each new block of this kind must be
 * counted here, so that someone decides about it.
 */
const ELSEWHERE: Record<string, Record<string, number>> = {
  'README.md': { 'the tests run this page': 1 },
  'docs/debug-one-upload.md': { docker: 1 },
  'docs/guest-files.md': { 'a gateway in the dialect platform': 1 },
  'examples/README.md': { 'waits for messages until you stop it': 1 },
  'docs/releasing.md': { 'makes a release': 1 },
  'docs/runbook.md': { docker: 6, 'a message that was given up': 1 },
}

/** A gateway as README starts it, for pages that assume a running one. */
const START: ShellBlock = {
  page: 'README.md',
  line: 0,
  text: 'npm start\n',
  elsewhere: null,
  stopped: false,
  serves: 'gateway',
}

/** What a page assumes to have happened. */
const HAPPENED: Record<string, string> = {
  // A held upload that can be resumed, and an endpoint that a person has registered.
  'docs/runbook.md': `
curl -H "$A" -H 'Idempotency-Key: held-1' -H 'Content-Type: text/csv' --data-binary @examples/contacts.csv $G/v1/contact-lists/demo-error/uploads
until curl -H "$A" "$G/v1/uploads?state=held" | jq -e '.items[0]' > held.json; do sleep 0.1; done
`,
}

const shell = (text: string): ShellBlock => ({ ...START, text, serves: null })

test('the blocks that are not run are those that cannot be', () => {
  const found: typeof ELSEWHERE = {}
  for (const { page, elsewhere } of BLOCKS) {
    if (elsewhere === null) continue
    const reasons = (found[page] ??= {})
    reasons[elsewhere] = (reasons[elsewhere] ?? 0) + 1
  }
  assert.deepEqual(found, ELSEWHERE)
})

test('no Idempotency-Key stands in two commands, and no command has a hole to be filled', () => {
  const run = BLOCKS.filter(({ elsewhere }) => elsewhere === null)
  // A command with an offset continues the same call, so it has the same key.
  const begun = run.filter(({ text }) => !text.includes('offset='))
  const keys = begun.flatMap(({ text }) =>
    [...text.matchAll(/Idempotency-Key: ([\w-]+)/g)].map(([, key]) => key),
  )
  assert.ok(keys.length > 8)
  assert.deepEqual(keys, [...new Set(keys)])
  for (const { page, line, text } of run) {
    assert.doesNotMatch(text, /…|<[a-z][\w ]*>/i, `${page}:${line}`)
  }
})

describe('Every page of the docs runs as it is written', () => {
  const place = makeFolder()
  let reader: Reader
  before(async () => {
    const ports = { gateway: await freePort(), sandbox: await freePort() }
    reader = await createReader(place.folder, ports)
  })
  after(async () => {
    await reader.close()
    place.remove()
  })

  const follow = async (blocks: readonly ShellBlock[], page: string): Promise<string[]> => {
    const printed: string[] = []
    let happened = HAPPENED[page] ?? null
    for (const block of blocks) {
      if (block.elsewhere !== null) continue
      try {
        if (block.stopped) await reader.stop('gateway')
        printed.push(await reader.run(block))
        if (block.stopped) await reader.run(START)
        if (block.serves === 'gateway' && happened !== null) {
          await reader.run(shell(happened))
          happened = null
        }
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error)
        throw new Error(`${block.page}:${block.line}\n${block.text}\n${said}`, { cause: error })
      }
    }
    return printed
  }

  for (const { page, blocks } of PAGES) {
    it(page, async () => {
      await reader.newShell()
      if (page !== 'README.md' && !reader.isRunning('gateway')) await reader.run(START)
      const printed = await follow(blocks, page)
      if (page === 'README.md') checkReadme(printed)
      for (const text of printed) await followAdvice(text)
      // The next page needs the gateway of README.
      if (blocks.some(({ text }) => /=\S+\s+npm start/.test(text))) await reader.stop('gateway')
    })
  }

  /** What README says about the answers must be in them. */
  const checkReadme = (printed: readonly string[]): void => {
    const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8')
    const [, read, accepted, rejected] =
      /read (\d+) rows: (\d+) are accepted, (\d+) are rejected/.exec(readme) ?? []
    assert.ok(rejected !== undefined, 'README names the counts of the answer')
    const answer = printed.join('\n')
    assert.match(answer, /HTTP\/1\.1 202/)
    assert.match(answer, new RegExp(`"read":${read},"accepted":${accepted},"rejected":${rejected}`))
    assert.match(answer, /_line,_outcome,_code,_reason/)
  }

  /** The programs print commands too, which are run here. */
  const followAdvice = async (text: string): Promise<void> => {
    const [, first] = /Upload the example:\n\s+(curl .+)/.exec(text) ?? []
    if (first !== undefined) await reader.run(shell(`${first}\n`))
    const [, pointing] = /Point a gateway to it[^\n]*\n([\s\S]+?npm start)\n/.exec(text) ?? []
    if (pointing !== undefined) {
      await reader.run({ ...START, text: `${pointing}\n` })
      await reader.stop('gateway')
    }
    for (const [command] of text.matchAll(/curl http\S+_sandbox\S*/g)) {
      await reader.run(shell(`${command}\n`))
    }
  }
})
