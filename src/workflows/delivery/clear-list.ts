import { differingColumns } from '../../domain/contacts/shown-cells.ts'
import type { BatchToSend } from '../ports/genesys/genesys.ts'
import { callGenesys } from './call-genesys.ts'
import { checkList } from './list-state.ts'
import { createLongWait } from './long-wait.ts'
import { aside, askGoingOn, DeliveryEnds, pause, type DeliveryRun } from './run.ts'

/** Genesys' Terraform provider checks every 5 s until a cleared list is empty. */
const LOOK_MS = 5_000
/**
 * The number of checks, which take five minutes together. If the list is not empty after the last
 * check, the upload is held, and the list is checked from time to time.
 */
const LOOKS = 60

/** How many rows prove that a list is cleared: as many as one call can read. */
export const PROOF_ROWS = 50
/**
 * The wait between sending the proof and reading it. A clearing that was still pending takes effect
 * during this wait, and the rows of the proof are then gone. The wait doubles after each failure.
 */
const PROOF_WAIT_MS = 10_000
const PROOFS = 5

const clearing = (run: DeliveryRun): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'hold',
    reason: 'list_clearing',
    retryInMs: run.deps.holdRetryMs,
    failure: null,
    problem: {
      code: 'list-clearing',
      detail: 'Genesys accepted the request to clear the list, but the list is not empty yet.',
    },
  })

/**
 * Whether the next rows must prove that the list is cleared (platform). True from the request to
 * clear the list until the gateway knows that the clearing is done.
 */
export const provesNext = (run: DeliveryRun): boolean =>
  run.upload.mode === 'overwrite' &&
  run.deps.clearContactList !== null &&
  run.clearing.value().state === 'asked'

/**
 * Whether Genesys may still clear the list for this upload (platform). Also true if the outcome of
 * the call is unknown.
 */
export const mayStillClear = (run: DeliveryRun): boolean =>
  provesNext(run) ||
  (run.deps.clearContactList !== null && run.clearing.value().state === 'intended')

/**
 * Waits until the list shows no contact. Returns false if it still shows contacts after the last
 * check. Returns true if Genesys gives no size, because then only the proof decides.
 */
export const isSeenEmpty = (run: DeliveryRun): Promise<boolean> =>
  aside(run, async () => {
    for (let look = 1; ; look += 1) {
      const { size } = await checkList(run)
      if (size === null || size === 0) return true
      if (look >= LOOKS) return false
      await pause(run, LOOK_MS)
      await askGoingOn(run)
    }
  })

const ask = async (run: DeliveryRun): Promise<void> => {
  const { clearContactList, delivery } = run.deps
  if (clearContactList === null) throw new Error('the dialect has no call that clears a list')
  await callGenesys(
    run,
    'delivery',
    (context) => clearContactList(run.upload.contactListId, context),
    { onConflict: () => checkList(run) },
  )
  await delivery.askedToClear(run.claim, run.upload.id)
  run.clearing.note({ ...run.clearing.value(), state: 'asked' })
}

/**
 * Asks Genesys to clear the list and waits until the list is empty. Genesys answers immediately but
 * clears late [platform-truth: 1], and wipes all rows that are sent in between. Holds the upload if
 * the list does not become empty. Does nothing if rows of the upload were sent already: the list is
 * then no longer empty, and only the proof of these rows is still missing.
 */
export const clearList = async (run: DeliveryRun): Promise<void> => {
  const earlier = run.clearing.value().state === 'asked'
  if (earlier) {
    const batches = await run.deps.delivery.batches(run.upload.id)
    if (batches.some(({ attempts }) => attempts > 0)) return
    if (await isSeenEmpty(run)) return
  }
  // Sends the first request. Repeats the request if its outcome is unknown, or if it had no effect
  // for five minutes. No row of this upload was sent yet.
  await ask(run)
  if (!(await isSeenEmpty(run))) throw clearing(run)
}

/**
 * Proves that the rows just sent stay. If a list was empty before, its size does not show when the
 * clearing happens. So the rows are read after a while, and sent again if they were wiped. Holds
 * the upload if they do not stay.
 */
export const proveCleared = async (
  run: DeliveryRun,
  sent: Pick<BatchToSend, 'columns' | 'contactIds' | 'cells'>,
  sendAgain: () => Promise<void>,
): Promise<void> => {
  const { contactReads } = run.deps
  if (contactReads === null) return
  const names = sent.columns.map(({ name }) => name)
  const ids = sent.contactIds.slice(0, PROOF_ROWS)
  for (let tries = 1; ; tries += 1) {
    // A new wait, because each one asks after 5 s whether the run may continue.
    await aside(run, () => createLongWait(run)(PROOF_WAIT_MS * 2 ** (tries - 1)))
    await askGoingOn(run)
    const held = await callGenesys(run, 'read', (context) =>
      contactReads.readContacts(run.upload.contactListId, ids, context),
    )
    const stays = ids.every((id, row) => {
      const cells = sent.cells.slice(row * names.length, (row + 1) * names.length)
      const data = held.get(id)
      return data !== undefined && differingColumns(names, cells, data).length === 0
    })
    if (stays) return
    if (tries >= PROOFS) throw clearing(run)
    await sendAgain()
  }
}
