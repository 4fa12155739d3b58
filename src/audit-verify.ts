import { createPublicKey } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import {
  type BlockHeader,
  type BlockLine,
  type ChainLine,
  ChainVerifier,
  type NotedHead,
} from './domain/audit/verify-chain.ts'

/**
 * Checks an export of the audit chain without a gateway, a database or a package. The exit code is
 * 0 if nothing is wrong, 1 if something is wrong, and 2 if nothing could be checked (a wrong call,
 * or a file that cannot be read).
 */
const USAGE = `npm run audit:verify -- FILE --keys KEYS [--head BLOCK:HASH] [--heads HEADS]

FILE   the answer of GET /v1/audit-entries/export
KEYS   the answer of GET /v1/signing-keys. Save it before anyone can have a reason to change it
--head a block and its hash. Take both from a log line audit.chained that you kept outside the database. With --head, the check shows whether the end of FILE was cut off
HEADS  the file of AUDIT_HEADS_FILE, or a log with lines audit.chained. The check compares the heads in this file with FILE. It ignores heads of blocks that come before the first block of FILE
`

/** Thrown if the verifier cannot check anything. Reported in one line, without a stack trace. */
class Unreadable extends Error {}

/** Thrown if the command line is wrong. The usage is printed too. */
class Miscalled extends Error {}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')

/** What a line of JSON contains. null: the line is not JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

const readKeys = (path: string): Map<string, string> => {
  try {
    const { items } = JSON.parse(readFileSync(path, 'utf8')) as {
      items: { id: string; publicKey: string }[]
    }
    return new Map(
      items.map(({ id, publicKey }) => {
        createPublicKey(publicKey)
        return [id, publicKey]
      }),
    )
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0]
    throw new Unreadable(
      `The file of --keys has no readable answer of GET /v1/signing-keys: ${reason}`,
    )
  }
}

const HASH = /^[0-9a-f]{64}$/u

/** The heads in a file of heads or in a log. Lines without a head are skipped. */
const readHeads = (path: string): NotedHead[] => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Unreadable(`HEADS cannot be read: ${reasonOf(error)}`)
  }
  const heads = text.split('\n').flatMap((line) => {
    const { block, hash } = (parsed(line) ?? {}) as Partial<NotedHead>
    return Number.isSafeInteger(block) && HASH.test(String(hash))
      ? [{ block: block!, hash: hash! }]
      : []
  })
  if (heads.length === 0) throw new Unreadable('HEADS has no line with a block and its hash')
  return heads
}

const HEAD = /^(\d+):([0-9a-f]{64})$/u

const wordsOf = (words: string[]) => {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        keys: { type: 'string' },
        head: { type: 'string' },
        heads: { type: 'string' },
      },
    })
  } catch (error) {
    throw new Miscalled(reasonOf(error).split(/\.\s/u)[0])
  }
}

const read = (words: string[]) => {
  const { values, positionals } = wordsOf(words)
  const [file, more] = positionals
  const { keys, head: noted, heads } = values
  if (file === undefined || more !== undefined) throw new Miscalled('Name one FILE')
  if (keys === undefined) throw new Miscalled('--keys is missing')
  const head = HEAD.exec(noted ?? '')
  if (noted !== undefined && head === null) {
    throw new Miscalled('--head must be the number of a block, a colon and 64 hexadecimal digits')
  }
  return {
    file,
    trusted: {
      keys: readKeys(keys),
      heads: [
        ...(head ? [{ block: Number(head[1]), hash: head[2]! }] : []),
        ...(heads === undefined ? [] : readHeads(heads)),
      ],
    },
  }
}

const HEADER_NUMBERS = ['block', 'firstEntry', 'entries'] as const
const HEADER_TEXTS = ['entriesHash', 'previous', 'at', 'keyId'] as const

const isText = (value: unknown): boolean => typeof value === 'string'

const isBlock = (line: Partial<BlockLine>): boolean => {
  const header: Partial<BlockHeader> = line.header ?? {}
  return (
    HEADER_NUMBERS.every((name) => Number.isSafeInteger(header[name])) &&
    HEADER_TEXTS.every((name) => isText(header[name])) &&
    isText(line.hash) &&
    isText(line.signature) &&
    Array.isArray(line.entryHashes) &&
    line.entryHashes.every(isText)
  )
}

/**
 * Whether a JSON value has the form of a line of an export. A changed line may have any other form.
 * `first`: it is the first line. Only the first line says what the export contains.
 */
const isChainLine = (value: unknown, first: boolean): value is ChainLine => {
  if (value === null || typeof value !== 'object') return false
  const line = value as Partial<ChainLine>
  if (line.type === 'export') return first
  if (line.type === 'block') return isBlock(line)
  if (line.type === 'entry') return Number.isSafeInteger(line.seq)
  return line.type === 'end'
}

/**
 * Passes the lines of the export to the verifier, up to the first line that has another form.
 * `brokenLine`: the number of that line. null: there is no such line. `hashes`: how many hashes of
 * entries the blocks have.
 */
const takeLines = async (
  file: string,
  verifier: ChainVerifier,
): Promise<{ brokenLine: number | null; hashes: number }> => {
  let number = 0
  let hashes = 0
  let first = true
  try {
    for await (const text of createInterface({ input: createReadStream(file) })) {
      number += 1
      if (text === '') continue
      const line = parsed(text)
      if (!isChainLine(line, first)) return { brokenLine: number, hashes }
      first = false
      if (line.type === 'block') hashes += line.entryHashes.length
      verifier.take(line)
    }
  } catch (error) {
    throw new Unreadable(`FILE cannot be read: ${reasonOf(error)}`)
  }
  return { brokenLine: null, hashes }
}

const main = async (): Promise<number> => {
  const words = process.argv.slice(2)
  if (words.length === 0 || words.includes('--help')) {
    process.stderr.write(USAGE)
    return 2
  }
  const asked = read(words)
  const verifier = new ChainVerifier(asked.trusted)
  const { brokenLine, hashes } = await takeLines(asked.file, verifier)
  const { faults, ...seen } = verifier.end()
  const ok = faults.length === 0 && brokenLine === null
  const broken = brokenLine === null ? {} : { brokenLine }
  process.stdout.write(
    `${JSON.stringify({ ok, ...seen, hashesOnly: hashes - seen.entries, heads: verifier.headsSeen, ...broken, faults }, null, 2)}\n`,
  )
  return ok ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Unreadable || error instanceof Miscalled)) throw error
  process.stderr.write(`${error.message}\n${error instanceof Miscalled ? USAGE : ''}`)
  process.exitCode = 2
}
