import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { FileSaid, FileThere } from '../ports/guest-files/guest-files.ts'
import {
  confirmed,
  contextOf,
  end,
  progressed,
  renewUrl,
  step,
  waited,
  waitOn,
  type FileRun,
  type Next,
} from './guest-file-run.ts'

const isThere = ({ status }: FileSaid): boolean => status === 'uploaded' || status === 'completed'

/**
 * Step 3: asks Genesys whether it accepts the stored bytes, if the dialect has such a call, and
 * then confirms the file.
 */
export const confirm = async (run: FileRun): Promise<Next> => {
  const { deps, file } = run
  const { fileId } = file.genesys
  if (fileId === null) throw new Error(`guest file ${file.id} has no id from Genesys yet`)
  const about = { target: file.target, fileId }
  if (file.progress.confirmAskedAt !== null) {
    const said = await lookUp(run, about)
    if (said === 'refused') return neverKnown(run)
    if (isThere(said)) return confirmed(run, said)
    if (mayStillShow(run)) return waitForGenesys(run)
  } else {
    const verdict = (await deps.genesys.judge?.(about, contextOf(run))) ?? 'valid'
    if (verdict === 'unsaid') return waitForGenesys(run)
    if (verdict === 'invalid') {
      const detail = 'Genesys reported that the file is invalid, and gave no reason.'
      return end(run, 'rejected', 'file-refused-by-genesys', detail)
    }
  }
  const { confirmAskedAt: before } = file.progress
  await writeAsked(run)
  const said = await confirmOnce(run, about, before)
  if (said === 'not there') return renewUrl(run, 'corrupt', null)
  return isThere(said) ? confirmed(run, said) : waitForGenesys(run)
}

/**
 * Stores that the confirmation is about to be sent. After a crash, it is then known that the
 * confirmation may have arrived.
 */
const writeAsked = async (run: FileRun): Promise<void> => {
  const { confirmAskedAt: before } = run.file.progress
  if (before !== null && run.deps.genesys.confirmsAgain.effect === 'nothing') return
  const confirmAskedAt = run.deps.clock.now().toISOString()
  const change = before === null ? waited : progressed
  await step(run, { progress: change(run, { confirmAskedAt }) })
}

/**
 * Reads the result of a confirmation from Genesys. `refused`: the confirmation may have been sent
 * as a message, but Genesys does not let the gateway read whether it was.
 */
const lookUp = async (run: FileRun, about: FileThere): Promise<FileSaid | 'refused'> => {
  try {
    return await run.deps.genesys.read(about, contextOf(run))
  } catch (error) {
    const refused =
      error instanceof GenesysFailure && (error.kind === 'forbidden' || error.kind === 'not_found')
    if (refused && run.deps.genesys.confirmsAgain.effect === 'twice') return 'refused'
    throw error
  }
}

const neverKnown = (run: FileRun): Promise<null> => {
  const detail =
    'The gateway got no answer to the message with the file, and Genesys does not allow the gateway to check whether the message arrived. The gateway does not send the message again.'
  return end(run, 'failed', 'file-not-confirmed', detail)
}

/**
 * Whether the result of a confirmation with an unknown outcome may still appear in Genesys'
 * answers. If so, another confirmation could send the message a second time.
 */
const mayStillShow = ({ deps, file }: FileRun): boolean => {
  const { confirmsAgain } = deps.genesys
  if (confirmsAgain.effect === 'nothing') return false
  const askedAt = Date.parse(file.progress.confirmAskedAt ?? '')
  return deps.clock.now().getTime() - askedAt < confirmsAgain.settleMs
}

/**
 * For the case that Genesys answers, but has no result yet. Ends a hold, and continues to check for
 * at most a day.
 */
const waitForGenesys = async (run: FileRun): Promise<Next> => {
  const change =
    run.file.state === 'held' ? { state: 'confirming' as const, hold: null, problem: null } : {}
  const nextMs = await waitOn(run, change)
  const detail = 'Genesys did not confirm the file within 24 hours.'
  return nextMs ?? end(run, 'failed', 'file-not-confirmed', detail)
}

/**
 * Sends one confirmation. `not there`: the storage does not have the bytes. After any other
 * failure, the next step first reads what Genesys has. If a second confirmation would be a second
 * message, the call is not retried here. A throttled call or a conflict then certainly had no
 * effect, so only an earlier confirmation, at `before`, may have had one. null: there was none, so
 * the next step confirms again without reading.
 */
const confirmOnce = async (
  run: FileRun,
  about: FileThere,
  before: string | null,
): Promise<FileSaid | 'not there'> => {
  const { genesys } = run.deps
  const once = genesys.confirmsAgain.effect === 'twice'
  try {
    return await genesys.confirm(about, once ? contextOf(run, 0) : contextOf(run))
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    // Genesys answers 409 if its storage has no file at the URL, or one with different bytes.
    if (!once && error.kind === 'conflict') return 'not there'
    if (once) {
      const hadNoEffect = error.kind === 'throttled' || error.kind === 'conflict'
      // The call may have waited long for its turn, so it may have been sent only just now.
      const confirmAskedAt = hadNoEffect ? before : run.deps.clock.now().toISOString()
      await step(run, { progress: progressed(run, { confirmAskedAt }) })
    }
    throw error
  }
}
