import { StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import type { Clock } from '../../lib/clock.ts'
import { traceOf } from '../../lib/error-trace.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { ClockLook, DatabaseClock } from '../ports/clock/database-clock.ts'
import type { TimeWitness } from './time-witness.ts'

/**
 * Must stay below 5 s. Statements that end leases do not trust a time that is more than 5 s later
 * than the last check (`STEADY_NOW`).
 */
const LOOK_EVERY_MS = 2_000
/** A smaller difference is an ordinary correction of the clock, not a jump. */
const TOLERANCE_MS = 2_000
/**
 * The clocks of two computers agree if they differ by at most this. If NTP sets both clocks, they
 * differ by less, even if an answer takes long to arrive.
 */
const AGREES_MS = 120_000
/** While the clock is in doubt: the shortest wait between two requests to Genesys for the time. */
const ASK_EVERY_MS = 30_000

export type ClockWatchDeps = {
  database: DatabaseClock
  /**
   * Whether the database runs in this process. The database and the gateway then have the same
   * clock, so a jump is reported once, not twice.
   */
  shared: boolean
  witness: TimeWitness
  /**
   * Called when the database's clock was set back by `backMs`. Subtracts `backMs` from the times
   * that the job queue has stored. Otherwise, the jobs would wait longer by `backMs`.
   */
  followBack: (backMs: number) => Promise<void>
  /**
   * Asks Genesys for the time. The witness gets the time of the answer. Throws if Genesys does not
   * answer.
   */
  askTime: (signal: AbortSignal) => Promise<void>
  clock: Clock
  emit: Emit
}

export type ClockWatch = {
  start(): void
  /** Checks now. Call it before doing something irreversible that depends on stored times. */
  look(): Promise<void>
  /** A phrase for operators: whether the clock is steady, in doubt, or not checked yet. */
  detail(): string
  stop(): Promise<void>
}

/**
 * Compares the wall clock of this process with its monotonic clock. The returned function gives the
 * milliseconds by which the wall clock has jumped since the function last reported a jump. null: it
 * has not jumped by more than `TOLERANCE_MS`.
 */
const createOwnJumps = (clock: Clock): (() => number | null) => {
  const offsetMs = (): number => clock.now().getTime() - clock.monotonicMs()
  let knownMs = offsetMs()
  return () => {
    const jumpedMs = offsetMs() - knownMs
    if (Math.abs(jumpedMs) <= TOLERANCE_MS) return null
    knownMs += jumpedMs
    return Math.round(jumpedMs)
  }
}

const secondsOf = (ms: number): number => Math.round(Math.abs(ms) / 1000)

const wordsOf = (known: { found: ClockLook; offMs: number | null } | null): string => {
  if (known === null) return 'not checked yet'
  const { found, offMs } = known
  if (!found.doubted) return 'steady'
  if (offMs === null)
    return 'in doubt: the clock jumped or the gateway stopped, and Genesys has not confirmed the time yet'
  return `in doubt: ${secondsOf(offMs)} s ${offMs < 0 ? 'behind' : 'ahead of'} Genesys`
}

/** Reports each jump once. Also reports when the doubt about the clock begins and ends. */
const createTeller = ({ clock, emit, shared }: ClockWatchDeps) => {
  const ownJump = createOwnJumps(clock)
  let doubted = false
  const tellJumps = ({ jumpedMs }: ClockLook): void => {
    if (jumpedMs !== null) emit('clock.jumped', { of: 'database', byMs: Math.round(jumpedMs) })
    const ownMs = ownJump()
    if (ownMs !== null && !shared) emit('clock.jumped', { of: 'gateway', byMs: ownMs })
  }
  return (now: ClockLook, offMs: number | null, agrees: boolean): void => {
    tellJumps(now)
    if (now.doubted && !doubted) {
      emit('clock.doubted', { awayMs: now.awayMs === null ? null : Math.round(now.awayMs) })
    }
    const wasDoubted = doubted || now.doubted
    doubted = now.doubted && !agrees
    if (wasDoubted && !doubted) {
      emit('clock.confirmed', { offMs: offMs === null ? null : Math.round(offMs) })
    }
  }
}

/**
 * Runs one check at a time. A caller that requests a check while a check is running waits for the
 * running check.
 */
const createLooks = (deps: ClockWatchDeps) => {
  const { database, witness, clock } = deps
  const tell = createTeller(deps)
  let lookedAtMs: number | null = null
  let known: { found: ClockLook; offMs: number | null } | null = null
  let looking: Promise<void> | null = null
  const lookOnce = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs()
    const before = lookedAtMs
    const now = await database.look(() => (before === null ? null : clock.monotonicMs() - before))
    lookedAtMs = startedAtMs
    const trueMs = witness.nowMs()
    const offMs = trueMs === null ? null : now.nowMs - trueMs
    const agrees = now.doubted && offMs !== null && Math.abs(offMs) <= AGREES_MS
    tell(now, offMs, agrees)
    if (agrees) await database.confirm()
    known = { found: { ...now, doubted: now.doubted && !agrees }, offMs }
    if (now.jumpedMs !== null && now.jumpedMs < 0) await deps.followBack(-now.jumpedMs)
  }
  return {
    look: (): Promise<void> => {
      looking ??= lookOnce().finally(() => {
        looking = null
      })
      return looking
    },
    known: () => known,
  }
}

/**
 * Watches the clock of this process and the clock of the database, and reports their jumps. The
 * database's clock decides when stored things expire. This clock is in doubt after a jump, or after
 * a long time without a check. While it is in doubt, nothing expires that could not be restored.
 * The doubt ends when the time in an answer of Genesys confirms the clock. A doubt that only jumps
 * have caused also ends when these jumps cancel each other out.
 */
export const createClockWatch = (deps: ClockWatchDeps): ClockWatch => {
  const { clock, emit } = deps
  const looks = createLooks(deps)
  const stopping = new AbortController()
  let askedAtMs = -Infinity
  let running: Promise<void> = Promise.resolve()

  /**
   * Asks Genesys for the time while the clock is in doubt, because an idle gateway otherwise gets
   * no answers.
   */
  const ask = async (): Promise<void> => {
    const doubted = looks.known()?.found.doubted === true
    if (!doubted || clock.monotonicMs() - askedAtMs < ASK_EVERY_MS) return
    askedAtMs = clock.monotonicMs()
    await deps.askTime(stopping.signal).catch(() => undefined)
    await looks.look()
  }
  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await looks.look()
        await ask()
      } catch (error) {
        // Other code reports an outage of the database, so this loop does not report it again.
        if (!(error instanceof StoreUnavailable)) {
          emit('job.failed', { queue: 'clock', error: traceOf(error) })
        }
      }
      await clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => undefined)
    }
  }
  return {
    start: () => {
      running = rounds()
    },
    look: looks.look,
    detail: () => wordsOf(looks.known()),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
