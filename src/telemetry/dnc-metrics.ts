import type { Makers } from './metric-makers.ts'

/** The metrics of do-not-call entries and registries. */
export const dncMetrics = ({ counter, gauge, histogram }: Makers) => ({
  dncLookUp: histogram(
    'dnc_lookup_seconds',
    'Time of one lookup. A lookup compares many phones and emails of contacts with the do-not-call entries',
    [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  ),
  dncEntries: counter('dnc_entries_total', 'Do-not-call entries and removals read, by outcome', [
    'kind',
    'outcome',
  ]),
  dncRejections: counter('dnc_rejections_total', 'Rejected do-not-call entries, by code', ['code']),
  dncRetracted: counter(
    'dnc_retracted_total',
    'Contacts that were delivered before an entry or a registry named them, by outcome',
    ['outcome'],
  ),
  oldestRetraction: gauge(
    'dnc_oldest_retraction_seconds',
    'How long ago the gateway found the oldest contact that it must still retract in Genesys',
  ),
  oldestDncPending: gauge(
    'dnc_oldest_pending_seconds',
    'Age of the oldest do-not-call submission that Genesys has not accepted completely',
  ),
  dncApplyBy: gauge(
    'dnc_apply_by_timestamp_seconds',
    'Time by which Genesys must have the oldest waiting do-not-call submission, according to the strictest law. 0 while no submission waits',
  ),
  registryAge: gauge(
    'registry_age_seconds',
    'Age of the edition in force, for each registry that a tenant uses. Absent if there is no edition',
    ['registry'],
  ),
  registryAgeLimit: gauge(
    'registry_age_limit_seconds',
    "Highest age of a registry's edition at which the gateway still sends contacts",
    ['registry'],
  ),
})
