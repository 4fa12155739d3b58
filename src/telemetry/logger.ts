import { pino, type DestinationStream } from 'pino'
import pretty from 'pino-pretty'

import { EVENT_LEVELS, type Emit, type GatewayEvents, type Level } from './events.ts'

/**
 * The level of an event. An event of level `debug` that reports a failure becomes a warning, so
 * that the default level shows it.
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
 * A duration as the log shows it: whole milliseconds or, below one millisecond, hundredths of a
 * millisecond. Metrics get the measured value.
 */
const shownMs = (ms: number): number => (ms < 1 ? Math.round(ms * 100) / 100 : Math.round(ms))

const shownFields = (fields: object): object =>
  'durationMs' in fields && typeof fields.durationMs === 'number'
    ? { ...fields, durationMs: shownMs(fields.durationMs) }
    : fields

/**
 * Writes each event as one line of JSON, or as readable text on a terminal. Writes only the typed
 * fields of the event, so that an error object cannot add personal data. Fastify and the libraries
 * log nothing themselves.
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
