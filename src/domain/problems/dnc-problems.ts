import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with a call about do-not-call entries. */
export const DNC_PROBLEMS = {
  'dnc-no-entries': page(
    422,
    'There is no entry',
    'The body is empty, an empty array, or a header and nothing below it. Nothing was kept: an empty body is more often a fault of an export than the wish to suppress nobody.',
    'phoneNumber,reason and nothing below it',
    'Send at least one entry.',
  ),
  'dnc-columns-unknown': page(
    422,
    'The file has columns that no entry has',
    'The header names columns that are no field of a do-not-call entry, or `mapping` names columns that the file does not have; `columns` shows which, `fields` those that there are. Nothing was kept.',
    'A file with the column `phone` instead of `phoneNumber`.',
    'Give the columns the names of `fields`, or send the option `mapping`, for example {"phone": "phoneNumber", "customer": null}.',
  ),
  'dnc-pull-not-possible': page(
    409,
    'Genesys does not show what is in the list',
    'Only the platform dialect exports do-not-call lists. In the guide dialect the gateway cannot see what was added inside Genesys.',
    'POST /v1/dnc-lists/{dncListId}/pull with GENESYS_DIALECT=guide.',
    'Send what was added inside Genesys as entries of your own.',
  ),
  'dnc-pull-running': page(
    409,
    'The list is being pulled already',
    'One pull of a list runs at a time, over all instances. The one that runs was asked for by another call, or is the regular one.',
    'Two calls of POST /v1/dnc-lists/{dncListId}/pull, one after the other.',
    'Wait for the pull that runs: GET /v1/dnc-submissions?dncListId= shows it with `kind` `pull`.',
  ),
  'dnc-not-held': page(
    409,
    'The submission is not held',
    'Only a submission that is `held` with `dnc_list_refused` is resumed by a call; an outage of Genesys ends by itself. Only one with quarantined entries is released.',
    'POST …/resume for a submission that is applied; POST …/release for one without quarantined entries.',
    'Read the submission and act on its present state.',
  ),
} as const satisfies Record<string, ProblemPage>
