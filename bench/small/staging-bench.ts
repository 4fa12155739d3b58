import { openTestStore, serverHome } from '../../test/support/databases/database.ts'
import { smallUpload } from '../../test/support/databases/small-uploads.ts'
import { readDatabase } from '../database-figures.ts'

/**
 * `npm run bench:staging` measures what it costs a database server to stage small uploads: the cost
 * of one statement, and the additional cost of each upload in the statement. The gateway decides
 * how many uploads share a statement. The bench therefore counts the statements. Each statement is
 * a separate transaction with a separate `xmin`.
 */
const UPLOADS = 1_500
const ALONE = 1
const MOST = 64
const TOGETHER = [ALONE, 4, 16, 32, MOST] as const

const home = serverHome({ durable: true })
const place = await home.fresh()
const store = await openTestStore(place)

type Reading = { cpuMs: number; statements: number }

const read = async (): Promise<Reading> => {
  const { rows } = await store.sql.executeSql(
    'select count(distinct xmin::text)::int as statements from upload',
  )
  const cpuSeconds = (await readDatabase(place))?.cpuSeconds ?? Number.NaN
  return { cpuMs: cpuSeconds * 1_000, ...(rows[0] as { statements: number }) }
}

/**
 * Stages the uploads in waves of `together`. Returns the processor time and the number of
 * statements for one upload. If uploads share statements, this number is below 1.
 */
const costOf = async (together: number): Promise<Reading> => {
  const waves = Math.ceil(UPLOADS / together)
  const before = await read()
  const startedAt = await read()
  for (let wave = 0; wave < waves; wave += 1) {
    await Promise.all(
      Array.from({ length: together }, () => store.smallUploads.stage(smallUpload())),
    )
  }
  const after = await read()
  const uploads = waves * together
  // The first two readings show what one reading costs.
  const readingMs = startedAt.cpuMs - before.cpuMs
  return {
    cpuMs: (after.cpuMs - startedAt.cpuMs - readingMs) / uploads,
    statements: (after.statements - startedAt.statements) / uploads,
  }
}

try {
  await costOf(ALONE)
  const costs = new Map<number, Reading>()
  for (const together of TOGETHER) costs.set(together, await costOf(together))
  console.log(
    '| uploads together | in a statement | database CPU ms an upload |\n| ---: | ---: | ---: |',
  )
  for (const [together, { cpuMs, statements }] of costs) {
    console.log(`| ${together} | ${(1 / statements).toFixed(1)} | ${cpuMs.toFixed(2)} |`)
  }
  const [alone, most] = [costs.get(ALONE)!, costs.get(MOST)!]
  const statementMs = (alone.cpuMs - most.cpuMs) / (alone.statements - most.statements)
  const uploadMs = alone.cpuMs - statementMs * alone.statements
  console.log(
    `\nA statement costs the database ${statementMs.toFixed(2)} ms, and ${uploadMs.toFixed(2)} ms more for each upload.`,
  )
} finally {
  await store.close()
  await home.close()
}
