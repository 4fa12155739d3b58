import { randomBytes } from 'node:crypto'

import { registerConsole } from '../console/console.ts'
import type { ConsoleDeps } from '../console/frame/deps.ts'
import { keyRequestsPerMinute } from '../http/server/deps.ts'
import { createKeyFailures } from '../http/server/key-failures.ts'
import type { HttpDeps } from '../http/server/server.ts'
import { readPageForm } from '../http/submissions/read-page-form.ts'
import { takeSubmissions } from '../http/submissions/submission-scope.ts'
import { createNormalisations } from '../intake/rows/normalisation.ts'
import { createValidation } from '../intake/rows/validation.ts'
import { createConsoleSessions } from '../workflows/access/console-sessions.ts'
import { createReadOverview } from '../workflows/operations/read-overview.ts'
import type { ReadinessAnswer } from '../workflows/operations/readiness.ts'
import { shareOverview } from '../workflows/operations/share-overview.ts'
import { createFindContactSubjects } from '../workflows/proof/contact-subjects.ts'
import { createControlUploads } from '../workflows/uploads/control/control-uploads.ts'
import { createFixRows } from '../workflows/uploads/control/fix-rows.ts'
import { createDescribeFile } from '../workflows/uploads/receive/describe-file.ts'
import { createFindContactUploads } from '../workflows/uploads/watch/find-contact-uploads.ts'
import { createRevealCells } from '../workflows/uploads/watch/reveal-cells.ts'
import { createSearchRows } from '../workflows/uploads/watch/search-rows.ts'
import type { Essentials } from './essentials.ts'
import { intakeOf } from './intake.ts'
import { registryRulesOf } from './registries.ts'

/** How many wrong keys an IP address may try in a minute before it must wait. */
const KEY_FAILURES_PER_MINUTE = 10

type Uses = HttpDeps & {
  hasRoom: () => boolean
  readiness: () => Promise<ReadinessAnswer>
}

/** The console, with the use cases that the HTTP layer also uses. */
export const consoleOf = (
  deps: Essentials & Pick<ConsoleDeps, 'signInLink' | 'simulated'>,
  uses: Uses,
): NonNullable<HttpDeps['pages']> => {
  const { store, genesys, telemetry, config } = deps
  const { ids, clock } = uses
  const validation = createValidation(uses.rowRules, createNormalisations())
  const own: Omit<ConsoleDeps, 'problemFor' | keyof Uses> = {
    sessions: createConsoleSessions({ sessions: store.sessions, ids, random: randomBytes }),
    keyFailures: createKeyFailures({ clock, perMinute: KEY_FAILURES_PER_MINUTE }),
    signInLink: deps.signInLink,
    readOverview: shareOverview({
      clock,
      readOverview: createReadOverview({
        readiness: uses.readiness,
        pace: () => genesys.paceStats(),
        uploads: store.uploads,
        dncSubmissions: store.dncSubmissions,
        retractions: store.retractions,
        webhookEndpoints: uses.webhookEndpoints,
        gauges: () => store.home.gauges(),
        lastHour: () => telemetry.lastHour(),
      }),
    }),
    judgeContacts: validation.contacts,
    judgeEntries: validation.entries,
    describeFile: createDescribeFile({
      contactLists: genesys.contactLists,
      lists: store.lists,
      intake: intakeOf(deps),
    }),
    controlUploads: createControlUploads(uses),
    findContactSubjects: createFindContactSubjects(store),
    findContactUploads: createFindContactUploads(store),
    searchRows: createSearchRows({ uploads: uses.uploads, explain: store.explain }),
    revealCells: createRevealCells({ audit: store.audit, ids }),
    fixRows: createFixRows(uses),
    takeFiles: (scope) => takeSubmissions(scope, uses),
    readFileForm: (request) => readPageForm(uses, request),
    registryAgeDays: registryRulesOf(config.dnc).ageDaysOf,
    keyCallsPerMinute: keyRequestsPerMinute(uses.limits),
    simulated: deps.simulated,
    dialect: config.genesys.dialect,
  }
  const { guestFiles } = store
  return (app, problemFor) => registerConsole(app, { ...uses, ...own, guestFiles, problemFor })
}

/**
 * The sign-in address that a start prints. If the gateway listens on all addresses, the sign-in
 * address has the loopback address of this machine.
 */
export const signInUrlOf = (address: string, token: string): string => {
  const url = new URL(`/console/sign-in?link=${token}`, address)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  return url.href
}
