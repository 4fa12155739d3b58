import type { RowOutcome } from '../../domain/uploads/upload.ts'
import type {
  ContactDecision,
  ContactExplained,
} from '../../workflows/uploads/watch/explain-contact.ts'
import { ENGLISH } from '../texts/texts.ts'
import { rowCodeWords } from '../uploads/upload-words.ts'

const { people: words, doNotCall } = ENGLISH

const OUTCOMES: Record<string, string> = words.outcomes

/** The entry of a do-not-call list, or the registry, that suppressed the contact. */
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

/** What happened to the row, and what to do, in terms that operators know. */
const reasonsOf = ({ code, removedAt }: ContactDecision): string[] => {
  const reasons: string[] = []
  if (code !== null) {
    const { what, next } = rowCodeWords(code)
    reasons.push(what, next)
  }
  if (removedAt !== null) reasons.push(words.removed)
  return reasons
}

const decisionLine = (decision: ContactDecision) => ({
  uploadId: decision.uploadId,
  line: decision.line,
  acceptedAt: decision.acceptedAt,
  outcome: OUTCOMES[decision.outcome as RowOutcome] ?? decision.outcome,
  delivered: decision.outcome === 'delivered',
  reasons: reasonsOf(decision),
  suppressedBy: decision.suppressedBy && suppressionLine(decision.suppressedBy),
  tries: decision.requests.length,
})

/**
 * The decisions about the contact, the newest upload first, and what Genesys holds according to the
 * register.
 */
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
