import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { Emit } from '../../../telemetry/events.ts'

/**
 * Reports an embedded database in `dataDir` that a gateway with a server's database does not open.
 * Its unfinished uploads are not sent, and its do-not-call entries suppress nobody.
 */
export const tellOfUnusedCluster = (
  { home, dataDir }: { home: { kind: 'embedded' | 'server' }; dataDir: string },
  emit: Emit,
): void => {
  if (home.kind === 'server' && existsSync(join(dataDir, 'pgdata', 'PG_VERSION'))) {
    emit('store.left_behind', {})
  }
}
