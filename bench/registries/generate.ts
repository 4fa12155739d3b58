import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'

import {
  REGISTRY_COUNTRIES,
  REGISTRY_FORMS,
  registryFile,
} from '../../test/support/do-not-call/registry-file.ts'

const { values } = parseArgs({
  options: {
    numbers: { type: 'string', default: '50000000' },
    /**
     * How many additional numbers the file has, spread over the whole file. With these numbers, the
     * file is the next edition of the file without them.
     */
    more: { type: 'string', default: '0' },
    country: { type: 'string', default: 'US' },
    form: { type: 'string', default: 'ftc' },
    seed: { type: 'string', default: '1' },
    /** Default: standard output. */
    out: { type: 'string' },
  },
})

const form = REGISTRY_FORMS.find((one) => one === values.form)
const [numbers, more, seed] = [Number(values.numbers), Number(values.more), Number(values.seed)]
if (
  form === undefined ||
  !REGISTRY_COUNTRIES.includes(values.country) ||
  ![numbers, more, seed].every((value) => Number.isSafeInteger(value) && value >= 0)
) {
  console.error(
    `npm run registry:generate -- --numbers N [--more N] [--country ${REGISTRY_COUNTRIES.join('|')}] [--form ${REGISTRY_FORMS.join('|')}] [--seed N] [--out FILE]`,
  )
  process.exit(1)
}

// A reader may close the pipe before the end.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? 0 : 1),
)
await pipeline(
  registryFile({ numbers, more, seed, country: values.country }, form),
  values.out === undefined ? process.stdout : createWriteStream(values.out),
)
