import { RETRACTION_STATES } from '../../domain/do-not-call/retraction.ts'
import type {
  DeliveredBefore,
  RetractionStore,
} from '../../workflows/ports/do-not-call/retractions.ts'
import { ENGLISH, fill } from '../texts/texts.ts'

const { deliveredBefore: words } = ENGLISH

const BADGES = {
  open: 'working',
  retracted: 'completed',
  gone: 'plain',
  reported: 'failed',
} as const

type Summary = Awaited<ReturnType<RetractionStore['summary']>>

/** How many contacts were found, and how far the search for them is. */
export const deliveredBeforeSum = ({ counts, looked, unfilled }: Summary) => ({
  looked,
  byHand: counts.reported,
  counts: RETRACTION_STATES.map((state) => ({ name: words.states[state], count: counts[state] })),
  found: RETRACTION_STATES.reduce((sum, state) => sum + counts[state], 0),
  notSearchable: unfilled === 0 ? null : fill(words.notSearchable, { count: unfilled }),
})

/**
 * A contact that was found. `mayOpen`: the viewer may open the row of the upload that brought the
 * contact.
 */
export const contactLine = (found: DeliveredBefore, mayOpen: boolean) => ({
  list: found.contactListId,
  contactId: found.contactId,
  line: found.line,
  href:
    mayOpen && found.uploadId !== null && found.line !== null
      ? `/console/uploads/${found.uploadId}/rows?from=${found.line}&to=${found.line}`
      : null,
  badge: BADGES[found.state],
  state: words.states[found.state],
  failure: found.failure === null ? null : fill(words.failure, { code: found.failure }),
  foundAt: found.foundAt,
  settledAt: found.settledAt,
})
