import { pino, type DestinationStream } from 'pino'
import pretty from 'pino-pretty'

import { EVENT_LEVELS, type Emit, type GatewayEvents, type Level } from './events.ts'

/**
 * An attempt that went wrong is odd though nothing is lost: it shows at the default level, the many
 * good ones do not.
 */
const levelOf = <Name extends keyof GatewayEvents>(
  name: Name,
  fields: GatewayEvents[Name],
): Level => {
  const level = EVENT_LEVELS[name]
  const failed = 'failure' in fields && fields.failure !== null
  return level === 'debug' && failed ? 'warn' : level
}

/**
 * A duration as a line says it: whole milliseconds, from 10 µs on below one. Metrics have it as it
 * was measured.
 */
const shownMs = (ms: number): number => (ms < 1 ? Math.round(ms * 100) / 100 : Math.round(ms))

const shownFields = (fields: object): object =>
  'durationMs' in fields && typeof fields.durationMs === 'number'
    ? { ...fields, durationMs: shownMs(fields.durationMs) }
    : fields

/**
 * Writes each event as one JSON line (or readable lines on a terminal). Only the event's typed
 * fields are written, so that nothing personal can slip in with an error object; Fastify and the
 * libraries log nothing by themselves.
 */
export const createEventLog = (options: {
  level: Level
  pretty: boolean
  destination?: DestinationStream
}): Emit => {
  const stream =
    options.destination ??
    (options.pretty
      ? pretty({ colorize: true, ignore: 'pid,hostname', messageKey: 'event', sync: true })
      : pino.destination({ fd: 1, sync: true }))
  const log = pino(
    {
      level: options.level,
      messageKey: 'event',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  return (name, fields) => {
    log[levelOf(name, fields)](shownFields(fields), name)
  }
}
