import { once } from 'node:events'

import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'

/**
 * Writes rows into the embedded database of the given directory for as long as it can, without any
 * of the gateway's guards.
 */
const database = await openEmbedded({
  dataDir: process.argv[2]!,
  clock: systemClock,
  emit: () => {},
})
await database.sql.executeSql('create table if not exists filling (bytes text)')
await database.sql.executeSql('alter table filling alter column bytes set storage external')
process.stdout.write('open\n')
await once(process.stdin, 'data')
for (;;) {
  await database.sql.executeSql(
    `insert into filling select repeat(md5(n::text), 30000) from generate_series(1, 4) n`,
  )
}
