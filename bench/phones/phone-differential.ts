import { parseArgs } from 'node:util'

import { compareWithLibrary } from '../../test/support/phones/phone-agreement.ts'

/**
 * Reads very many numbers, each directly and with the library. The exit code is 1 if the two
 * results for a number differ.
 */
const { values } = parseArgs({
  options: {
    numbers: { type: 'string', default: '5000000' },
    seed: { type: 'string', default: '1' },
  },
})

const { numbers, decidedDirectly, accepted, differences } = compareWithLibrary(
  Number(values.numbers),
  Number(values.seed),
)
for (const difference of differences.slice(0, 20)) process.stdout.write(`${difference}\n`)
const line = { numbers, decidedDirectly, accepted, differences: differences.length }
process.stdout.write(`${JSON.stringify(line)}\n`)
if (differences.length > 0) process.exitCode = 1
