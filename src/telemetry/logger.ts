import { pino, type DestinationStream } from 'pino'
import pretty from 'pino-pretty'

import { EVENT_LEVELS, type Emit, type Level } from './events.ts'

/**
 * Writes each event as one JSON line (or readable lines on a terminal). Only the event's typed fields are written, so that
 * nothing personal can slip in with an error object; Fastify and the libraries log nothing by themselves.
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
    log[EVENT_LEVELS[name]](fields as object, name)
  }
}
