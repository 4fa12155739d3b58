import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls about do-not-call entries. */
export const DNC_PROBLEMS = {
  'dnc-no-entries': page(
    422,
    'There is no entry',
    'The body is empty, an empty array, or a header with nothing below it. Nothing was kept, because an empty body is usually a failed export.',
    'phoneNumber,reason and nothing below it',
    'Send at least one entry.',
  ),
  'dnc-columns-unknown': page(
    422,
    'The file has columns that no entry has',
    'The header names columns that are not fields of a do-not-call entry, or `mapping` names columns that the file does not have. `columns` lists them; `fields` lists the fields of an entry. Nothing was kept.',
    'A file with the column `phone` instead of `phoneNumber`.',
    'Give the columns the names of `fields`, or send the option `mapping`, for example {"phone": "phoneNumber", "customer": null}.',
  ),
  'dnc-pull-not-possible': page(
    409,
    'Genesys does not show what is in the list',
    'Only the platform dialect exports do-not-call lists. In the guide dialect the gateway cannot see what was added inside Genesys.',
    'POST /v1/dnc-lists/{dncListId}/pull with GENESYS_DIALECT=guide.',
    'Send what agents added inside Genesys as entries of your own.',
  ),
  'dnc-pull-running': page(
    409,
    'The list is being pulled already',
    'One pull of a list runs at a time, over all instances. Another call started the running one, or it is the regular one.',
    'Two calls of POST /v1/dnc-lists/{dncListId}/pull, one after the other.',
    'Wait for the running pull. GET /v1/dnc-submissions?dncListId= shows it with `kind` `pull`.',
  ),
  'dnc-not-held': page(
    409,
    'The submission is not held',
    'You can resume only a submission that is `held` with `dnc_list_refused`; after an outage of Genesys it resumes without you. You can release only a submission with quarantined entries.',
    'POST …/resume for a submission that is applied; POST …/release for one without quarantined entries.',
    'Read the submission and act on its present state.',
  ),
} as const satisfies Record<string, ProblemPage>
