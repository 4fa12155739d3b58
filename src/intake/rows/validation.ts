import type { DncRules } from '../../domain/do-not-call/dnc-entry.ts'
import { readDefinition, type ReadDefinition } from '../../domain/segments/read-definition.ts'
import { createEntrySteps, type BuildEntrySteps } from '../entries/entry-steps.ts'
import { createContactSteps } from './contact-steps.ts'
import type { BuildContactSteps, RowRules } from './contact-steps.ts'
import type { NormalisationFor } from './normalisation.ts'

/**
 * The checks of contacts, do-not-call entries and segments, one member for each kind. Contacts and
 * entries use the same normalisation, so that a phone number is judged in the same way everywhere.
 */
export type Validation = {
  contacts: BuildContactSteps
  /** Builds the checks for do-not-call entries. */
  entries: BuildEntrySteps
  /**
   * Reads a segment in either of the two forms in which it can be sent. Returns the typed form or,
   * if the segment has faults, all of them with their places.
   */
  segment: (sent: unknown) => ReadDefinition
}

/**
 * Requests get the validation from the Fastify plugin `validation`. Jobs and tests create it here.
 */
export const createValidation = (
  rules: RowRules & Partial<DncRules>,
  normalisationFor: NormalisationFor,
): Validation => ({
  contacts: createContactSteps(rules, normalisationFor),
  entries: createEntrySteps(rules, normalisationFor),
  segment: readDefinition,
})
