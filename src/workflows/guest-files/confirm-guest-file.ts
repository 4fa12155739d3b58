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

/** Step 3: Genesys' own check of the stored bytes, if it has one, then the confirmation. */
export const confirm = async (run: FileRun): Promise<Next> => {
  const { deps, file } = run
  const { fileId } = file.genesys
  if (fileId === null) throw new Error(`guest file ${file.id} is to be confirmed without an id`)
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
      const detail = 'Genesys found the file invalid and gave no reason.'
      return end(run, 'rejected', 'file-refused-by-genesys', detail)
    }
  }
  await writeAsked(run)
  const said = await confirmOnce(run, about)
  if (said === 'not there') return renewUrl(run, 'corrupt', null)
  return isThere(said) ? confirmed(run, said) : waitForGenesys(run)
}

/** Written down before the call: after a crash nobody knows whether it arrived. */
const writeAsked = async (run: FileRun): Promise<void> => {
  const { confirmAskedAt: before } = run.file.progress
  if (before !== null && run.deps.genesys.confirmsAgain.effect === 'nothing') return
  const confirmAskedAt = run.deps.clock.now().toISOString()
  const change = before === null ? waited : progressed
  await step(run, { progress: change(run, { confirmAskedAt }) })
}

/**
 * The result of a confirmation. `refused`: it may have been a message, and Genesys does not report
 * it.
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
    'The answer to the message with the file was lost, and Genesys does not allow the gateway to check whether it arrived. The gateway does not send it again.'
  return end(run, 'failed', 'file-not-confirmed', detail)
}

/**
 * Whether a confirmation of unknown outcome may still appear in Genesys' answers, so that another
 * one could be a second message.
 */
const mayStillShow = ({ deps, file }: FileRun): boolean => {
  const { confirmsAgain } = deps.genesys
  if (confirmsAgain.effect === 'nothing') return false
  const askedAt = Date.parse(file.progress.confirmAskedAt ?? '')
  return deps.clock.now().getTime() - askedAt < confirmsAgain.settleMs
}

/**
 * Genesys answers, but not yet with the awaited result: the hold ends, and a day of checks follows.
 */
const waitForGenesys = async (run: FileRun): Promise<Next> => {
  const change =
    run.file.state === 'held' ? { state: 'confirming' as const, hold: null, problem: null } : {}
  const nextMs = await waitOn(run, change)
  const detail = 'Genesys did not confirm the file within 24 hours.'
  return nextMs ?? end(run, 'failed', 'file-not-confirmed', detail)
}

/**
 * One confirmation. If a second one is a second message, no failure repeats it here: one that
 * certainly had no effect is forgotten, so that the next step confirms again immediately; any other
 * is checked first.
 */
const confirmOnce = async (run: FileRun, about: FileThere): Promise<FileSaid | 'not there'> => {
  const { genesys } = run.deps
  const once = genesys.confirmsAgain.effect === 'twice'
  try {
    return await genesys.confirm(about, once ? contextOf(run, 0) : contextOf(run))
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    // A conflict says that nothing, or something else, lies at the place that is to be confirmed.
    if (!once && error.kind === 'conflict') return 'not there'
    if (once && (error.kind === 'throttled' || error.kind === 'conflict')) {
      await step(run, { progress: progressed(run, { confirmAskedAt: null }) })
    }
    throw error
  }
}
