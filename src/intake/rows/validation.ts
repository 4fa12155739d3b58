import type { DncRules } from '../../domain/do-not-call/dnc-entry.ts'
import { readDefinition, type ReadDefinition } from '../../domain/segments/read-definition.ts'
import { createEntrySteps, type BuildEntrySteps } from '../entries/entry-steps.ts'
import { createContactSteps } from './contact-steps.ts'
import type { BuildContactSteps, RowRules } from './contact-steps.ts'
import type { NormalisationFor } from './normalisation.ts'

/**
 * Builds the steps that check incoming data, with a member for each kind of row or entry. A
 * capability adds its own member here, made from the same normalisation, so that a number is
 * checked in the same way wherever it appears.
 */
export type Validation = {
  contacts: BuildContactSteps
  /** Do-not-call entries. */
  entries: BuildEntrySteps
  /**
   * A definition of whom a campaign dials, in either form, brought into the typed one; or every
   * fault of it with its place.
   */
  segment: (sent: unknown) => ReadDefinition
}

/** Requests get it by the plugin of the same name, jobs and tests from here. */
export const createValidation = (
  rules: RowRules & Partial<DncRules>,
  normalisationFor: NormalisationFor,
): Validation => ({
  contacts: createContactSteps(rules, normalisationFor),
  entries: createEntrySteps(rules, normalisationFor),
  segment: readDefinition,
})
