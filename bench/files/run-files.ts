import { join } from 'node:path'

import type { TestHome } from '../../test/support/databases/database.ts'
import { writeContactFile } from '../contact-files.ts'
import { measureChild } from '../measured-child.ts'
import type { Report } from '../report.ts'
import { writeDirtyContacts } from './dirty-contacts.ts'
import { type FileFigures, measureFiles } from './files-bench.ts'
import { showFiles } from './files-table.ts'

/**
 * The part `files`: the cost of the first file that a process reads, compared with the cost of the
 * same file in the obvious pipeline.
 */
export const benchFiles = async (
  report: Report,
  places: readonly TestHome[],
  about: { directory: string; rows: number },
): Promise<void> => {
  const files = {
    plain: join(about.directory, 'files-plain.csv'),
    dirty: join(about.directory, 'files-dirty.csv'),
  }
  await writeContactFile(files.plain, about.rows)
  await writeDirtyContacts(files.dirty, about.rows)
  const obvious = {
    first: await measureChild('obvious-pipeline.ts', files.plain),
    dirty: await measureChild('obvious-pipeline.ts', files.dirty),
  }
  const runs: FileFigures[] = []
  for (const home of places) runs.push(await measureFiles(await home.fresh(), files))
  showFiles(report, obvious, runs)
}
