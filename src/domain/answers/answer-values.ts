import { z } from 'zod'

/** A count in an answer. */
export const count = z.int().min(0)

/** A time in an answer: ISO 8601 in UTC. */
export const stamp = z.iso.datetime()
