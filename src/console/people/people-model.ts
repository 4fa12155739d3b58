import type { RowOutcome } from '../../domain/uploads/upload.ts'
import type {
  ContactDecision,
  ContactExplained,
} from '../../workflows/uploads/watch/explain-contact.ts'
import { ENGLISH } from '../texts/texts.ts'

const { people: words, doNotCall } = ENGLISH

const OUTCOMES: Record<string, string> = words.outcomes

/** An entry in a list, or a registry. */
const suppressionLine = ({
  submissionId,
  dncListId,
  registry,
  reason,
}: NonNullable<ContactDecision['suppressedBy']>) => ({
  submissionId,
  list: dncListId ?? registry,
  reason: reason === null ? words.inRegistry : doNotCall.reasons[reason],
})

const decisionLine = (decision: ContactDecision) => ({
  uploadId: decision.uploadId,
  line: decision.line,
  acceptedAt: decision.acceptedAt,
  outcome: OUTCOMES[decision.outcome as RowOutcome] ?? decision.outcome,
  delivered: decision.outcome === 'delivered',
  reason: decision.reason,
  suppressedBy: decision.suppressedBy && suppressionLine(decision.suppressedBy),
  tries: decision.requests.length,
})

/** What decided about the contact, newest upload first, and what Genesys holds to our knowledge. */
export const explainedModel = (explained: ContactExplained) => ({
  contactId: explained.contactId,
  list: explained.contactListId,
  register: explained.register,
  held:
    explained.register === null
      ? words.notHeld
      : explained.register.inDoubt
        ? words.inDoubt
        : words.isHeld,
  decisions: explained.items.map(decisionLine),
  more: explained.next !== null,
})
