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
} as const satisfies Record<string, ProblemPage>
