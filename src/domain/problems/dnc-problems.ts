import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls about do-not-call entries, and of accepted submissions of entries. */
export const DNC_PROBLEMS = {
  'dnc-no-entries': page(
    422,
    'The body has no entry',
    'The body has no content, or it is an empty array or a header without rows. The usual cause is a failed export, so the gateway kept nothing.',
    'phoneNumber,reason and nothing below it',
    'Send at least one entry.',
  ),
  'dnc-columns-unknown': page(
    422,
    'The file has columns that are not fields of an entry',
    'The header names columns that are not fields of a do-not-call entry, or `mapping` names columns that the file does not have. `columns` lists these columns. `fields` lists the fields of an entry. Nothing was kept.',
    'A file with the column `phone` instead of `phoneNumber`.',
    'Rename the columns to the names in `fields`, or send the option `mapping`, for example {"phone": "phoneNumber", "customer": null}.',
  ),
  'dnc-pull-not-possible': page(
    409,
    'The list cannot be pulled in this dialect',
    'Only the platform dialect exports do-not-call lists. In the guide dialect, the gateway cannot see what was added inside Genesys.',
    'POST /v1/dnc-lists/{dncListId}/pull with GENESYS_DIALECT=guide.',
    'If agents add people inside Genesys, send these people as entries too.',
  ),
  'dnc-pull-running': page(
    409,
    'A pull of the list is already running',
    'Only one pull of a list runs at a time, over all instances. A pull of this list is already running. Either the schedule or an earlier call started it.',
    'A second POST /v1/dnc-lists/{dncListId}/pull while the pull of the first call is still running.',
    'Wait until the running pull ends. GET /v1/dnc-submissions?dncListId= lists it: its `kind` is `pull`.',
  ),
  'dnc-not-held': page(
    409,
    'The submission has nothing to resume or release',
    'You can resume a submission only if it is `held` as `dnc_list_refused`. After an outage of Genesys, a submission resumes by itself. You can release a submission only if it has quarantined entries.',
    'POST …/resume for a submission that is applied, or POST …/release for a submission without quarantined entries.',
    'Read the submission to see its present state.',
  ),
  'dnc-tallies-differ': page(
    502,
    'Genesys counts more or fewer entries than were sent',
    'This code appears in the `problem` of a do-not-call submission in the guide dialect. For a request, Genesys reported more or fewer entries than the gateway sent. `detail` shows both numbers. Genesys does not say which entries it counted wrongly or left out. The gateway suppresses the people in all entries.',
    'Genesys answers a request of 499 entries with 498 created entries.',
    'Check the do-not-call list inside Genesys, and send the missing entries again.',
  ),
} as const satisfies Record<string, ProblemPage>
