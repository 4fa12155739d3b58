import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { callGenesys, problemOf } from './call-genesys.ts'
import type { DeliveryRun } from './run.ts'
import { askGoingOn, DeliveryEnds, noteWait, pause } from './run.ts'

/**
 * While Genesys builds the list's index, the list is checked every 5 s [guide-api: Contacts], for a
 * minute. After that, the upload is held.
 */
const LOOK_AGAIN_MS = 5_000
const LOOKS = 12

/**
 * Reads the list from Genesys. Delivery continues only if the list is ready and has the columns
 * that the rows were checked against. Otherwise the run ends. `list_not_ready`, `list_error` and an
 * outage of Genesys hold the upload. A changed schema or a refusal fails the upload. Does not
 * compare the columns for a cancelled upload, which sends no more rows.
 */
export const checkList = (run: DeliveryRun): Promise<ContactList> => untilReady(run, !run.draining)

/**
 * How long a reading of the list counts as fresh. If the list turns to ERROR after a reading, rows
 * are sent for at most this long.
 */
const FRESH_MS = 60_000

/**
 * Reads the list again if the last reading is older than a minute or in doubt. Unlike `checkList`,
 * does not compare the columns: added columns do not affect rows in flight, and after other changes
 * Genesys itself refuses the rows.
 */
export const lookAtListAgain = async (run: DeliveryRun): Promise<void> => {
  if (run.reading.ageMs() >= FRESH_MS) await untilReady(run, false)
}

/**
 * Call this after a failure that the list may have caused. The list is then read again before more
 * rows are sent.
 */
export const doubtList = (run: DeliveryRun): void => run.reading.doubt()

const untilReady = async (run: DeliveryRun, withColumns: boolean): Promise<ContactList> => {
  for (let look = 1; ; look += 1) {
    const list = await readList(run)
    if (withColumns && list.schemaVersion !== run.upload.schemaVersion) {
      const detail = 'The columns of the contact list changed after the rows were checked.'
      throw new DeliveryEnds({ kind: 'fail', problem: { code: 'schema-drift', detail } })
    }
    if (list.status === 'ready') {
      if (run.wait.value() === 'list_not_ready') await noteWait(run, null)
      run.reading.note(list)
      return list
    }
    if (list.status === 'error') {
      throw new DeliveryEnds({ kind: 'hold', reason: 'list_error', retryInMs: null, failure: null })
    }
    if (look >= LOOKS) {
      const retryInMs = run.deps.holdRetryMs
      throw new DeliveryEnds({ kind: 'hold', reason: 'list_not_ready', retryInMs, failure: null })
    }
    await noteWait(run, 'list_not_ready')
    await pause(run, LOOK_AGAIN_MS)
    await askGoingOn(run)
  }
}

const readList = async (run: DeliveryRun) => {
  const { contactLists, lists } = run.deps
  try {
    const list = await callGenesys(run, 'read', (context) =>
      contactLists.readContactList(run.upload.contactListId, context),
    )
    await lists.put(list)
    return list
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    throw new DeliveryEnds({ kind: 'fail', problem: problemOf(error) })
  }
}
