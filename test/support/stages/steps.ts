import { CONTACT_ID_PATTERN } from '../../../src/domain/contacts/contact-id.ts'
import type { BuildContactSteps, RowRules } from '../../../src/intake/rows/contact-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { createValidation } from '../../../src/intake/rows/validation.ts'

const normalisationFor = createNormalisations()

/** The steps that the gateway's plugins build, for US numbers and for ids of the default form. */
export const contactSteps = (rules: Partial<RowRules> = {}): BuildContactSteps =>
  createValidation(
    { defaultRegion: 'US', contactIdPattern: CONTACT_ID_PATTERN, ...rules },
    normalisationFor,
  ).contacts
