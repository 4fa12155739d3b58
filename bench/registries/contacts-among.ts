import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { prefixesOf } from '../../test/support/do-not-call/registry-file.ts'
import { FILE_COLUMNS } from '../../test/support/stages/contact-file.ts'

const BLOCK_ROWS = 2_000

/**
 * Contacts from all areas of the registry, as a CRM has them. About one in eight is in the
 * registry.
 */
async function* contactsAmong(
  country: string,
  numbers: number,
  rows: number,
): AsyncGenerator<Uint8Array> {
  const prefixes = prefixesOf({ country, numbers })
  yield Buffer.from(`${FILE_COLUMNS.join(',')}\n`)
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    let text = ''
    for (let n = from; n < Math.min(rows, from + BLOCK_ROWS); n += 1) {
      const phone = `+${prefixes[random(prefixes.length)]}${String(random(10_000)).padStart(4, '0')}`
      text += `crm-${n},First${n},Last${n},${phone},person.${n}@example.com,Portland\n`
    }
    yield Buffer.from(text)
  }
}

/** Writes a file of the contacts from `contactsAmong`. */
export const writeContacts = (
  path: string,
  country: string,
  numbers: number,
  rows: number,
): Promise<void> =>
  pipeline(Readable.from(contactsAmong(country, numbers, rows)), createWriteStream(path))
