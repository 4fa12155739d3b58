import { readFile } from 'node:fs/promises'

import { sha256Hex } from '../../../src/lib/digest.ts'
import { migrationFiles } from '../../../src/store/homes/migrate.ts'

/**
 * Changes with the text of any migration. A copy that has the schema in it is valid only under the
 * same digest.
 */
export const digestOfMigrations = async (): Promise<string> => {
  const files = [...(await migrationFiles())]
  const texts = await Promise.all(
    files.map(async ([name, place]) => `${name}\n${await readFile(place, 'utf8')}`),
  )
  return sha256Hex(texts.join('')).slice(0, 12)
}
