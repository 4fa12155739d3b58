import { StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import type { Clock } from '../../lib/clock.ts'
import { traceOf } from '../../lib/error-trace.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { ClockLook, DatabaseClock } from '../ports/clock/database-clock.ts'
import type { TimeWitness } from './time-witness.ts'

/** Statements that end leases go no further than 5 s past the last check (`STEADY_NOW`). */
const LOOK_EVERY_MS = 2_000
/** Less is a correction. */
const TOLERANCE_MS = 2_000
/**
 * Two computers whose clocks are set by themselves are closer than this, answers over slow lines
 * included.
 */
const AGREES_MS = 120_000
/** While the clock is in doubt and no time was read lately. */
const ASK_EVERY_MS = 30_000

export type ClockWatchDeps = {
  database: DatabaseClock
  /** The database is in this process and has its clock. */
  shared: boolean
  witness: TimeWitness
  /**
   * What waits elsewhere for a time that was as far ahead before the clock was set back by so much.
   */
  followBack: (backMs: number) => Promise<void>
  /** Has the witness hear the time. Throws when nobody answers. */
  askTime: (signal: AbortSignal) => Promise<void>
  clock: Clock
  emit: Emit
}

export type ClockWatch = {
  start(): void
  /** Checks now; for callers that are about to do something irreversible by stored times. */
  look(): Promise<void>
  /** For operators: what is known of the clock. */
  detail(): string
  stop(): Promise<void>
}

/**
 * The wall clock of this process against its monotonic one: by how much it jumped since it was last
 * asked. null: it did not.
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
  if (offMs === null) return 'in doubt since a jump or a stop, until Genesys answers'
  return `in doubt: ${secondsOf(offMs)} s ${offMs < 0 ? 'behind' : 'ahead of'} Genesys`
}

/** Reports each jump once, and when the doubt begins and ends. */
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

/** One check after the other: a caller that asks while one is under way gets that one. */
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
 * Watches the clock of the database, which times everything that is stored, and the clock of this
 * process. Reports jumps. Until the time in Genesys' answers confirms the clock, nothing expires by
 * it.
 */
export const createClockWatch = (deps: ClockWatchDeps): ClockWatch => {
  const { clock, emit } = deps
  const looks = createLooks(deps)
  const stopping = new AbortController()
  let askedAtMs = -Infinity
  let running: Promise<void> = Promise.resolve()

  /** An idle gateway hears nothing of Genesys by itself. */
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
        // That the database is away is told by those who work with it.
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
