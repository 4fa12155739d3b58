import type { Makers } from './metric-makers.ts'

/** The metrics of do-not-call entries and registries. */
export const dncMetrics = ({ counter, gauge, histogram }: Makers) => ({
  dncLookUp: histogram(
    'dnc_lookup_seconds',
    'Time of one lookup. A lookup searches the do-not-call entries for the phones and emails of many contacts',
    [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  ),
  dncEntries: counter(
    'dnc_entries_total',
    'Do-not-call entries and removals by outcome. When a submission arrives, the gateway counts what it read (accepted, rejected, quarantined, duplicates and blank). When an accepted entry has its outcome, the gateway counts this outcome too (created, existing, updated, removed, notFound or failed)',
    ['kind', 'outcome'],
  ),
  dncTalliesDiffer: counter(
    'dnc_tallies_differ_total',
    'Requests of which Genesys reported more or fewer do-not-call entries than the gateway sent',
  ),
  dncRejections: counter('dnc_rejections_total', 'Rejected do-not-call entries, by code', ['code']),
  dncRetracted: counter(
    'dnc_retracted_total',
    'Contacts by outcome of their retraction. They were delivered before an entry or a registry named them',
    ['outcome'],
  ),
  oldestRetraction: gauge(
    'dnc_oldest_retraction_seconds',
    'Age of the oldest retraction that is not completed, counted from the time when the gateway found the contact',
  ),
  oldestDncPending: gauge(
    'dnc_oldest_pending_seconds',
    'Age of the oldest do-not-call submission that Genesys has not accepted completely',
  ),
  dncApplyBy: gauge(
    'dnc_apply_by_timestamp_seconds',
    'Legal deadline for the oldest do-not-call submission that is not completely in Genesys. The strictest law sets the deadline. 0 while no submission waits',
  ),
  registryAge: gauge(
    'registry_age_seconds',
    'Age of the edition in force, for each registry that a tenant uses. Absent if the registry has no edition in force',
    ['registry'],
  ),
  registryAgeLimit: gauge(
    'registry_age_limit_seconds',
    "Maximum age of the edition in force. If the edition is older, the gateway holds uploads with numbers of the registry's country",
    ['registry'],
  ),
})
