import { z } from 'zod'

/** How many, in an answer. */
export const count = z.int().min(0)

/** When, in an answer: ISO 8601 in UTC. */
export const stamp = z.iso.datetime()
