import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { type ChainLine, ChainVerifier } from './domain/audit/verify-chain.ts'

/**
 * Judges an export of the audit chain, without a gateway, a database or a package. Ends with 0 when
 * nothing is wrong, else with 1.
 */
const USAGE = `npm run audit:verify -- FILE --keys KEYS [--head BLOCK:HASH]

FILE   the answer of GET /v1/audit-entries/export
KEYS   the answer of GET /v1/signing-keys, saved when nobody had a reason to change it
--head a block and its hash, from a line audit.chained of a log that was kept elsewhere. It shows whether the end was cut off
`

const read = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keys: { type: 'string' }, head: { type: 'string' } },
  })
  const [file] = positionals
  const head = /^(\d+):([0-9a-f]{64})$/u.exec(values.head ?? '')
  if (!file || !values.keys || (values.head !== undefined && head === null)) return null
  const { items } = JSON.parse(readFileSync(values.keys, 'utf8')) as {
    items: { id: string; publicKey: string }[]
  }
  const keys = new Map(items.map(({ id, publicKey }) => [id, publicKey]))
  return {
    file,
    trusted: { keys, ...(head && { head: { block: Number(head[1]), hash: head[2]! } }) },
  }
}

const main = async (): Promise<number> => {
  const asked = read()
  if (asked === null) {
    process.stderr.write(USAGE)
    return 2
  }
  const verifier = new ChainVerifier(asked.trusted)
  for await (const line of createInterface({ input: createReadStream(asked.file) })) {
    if (line !== '') verifier.take(JSON.parse(line) as ChainLine)
  }
  const { faults, ...seen } = verifier.end()
  process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, ...seen, faults }, null, 2)}\n`)
  return faults.length === 0 ? 0 : 1
}

process.exitCode = await main()
