import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls that apply or retry an upload. */
export const CONTROL_PROBLEMS = {
  'plan-changed': page(
    412,
    'The plan has changed',
    'The digest in If-Match is not the digest of the present plan. Either you sent a wrong digest, or the plan has changed, for example because a column was added to the contact list, or because a do-not-call entry now names a person of the upload. `planDigest` is the present digest. `suppressed` is the number of rows that are left out because the person must not be called, and `changes` shows how the columns of the list have changed (null: they have not). Nothing was sent.',
    'A column is added to the list in Genesys after the upload was staged with apply=manual.',
    'Read `changes` and `suppressed`. If you agree, apply again with the digest in `planDigest`. Otherwise cancel the upload.',
  ),
  'nothing-to-retry': page(
    409,
    'No row is left to retry',
    'The upload has no row with the outcomes that you named. If Genesys only counted the failed rows and did not name them, you cannot retry these rows.',
    'POST …/retry for an upload that is completed.',
    'Check the outcomes with GET …/rows. To send delivered rows again, send the file with the option duplicates=ignore (it also sends contacts that were delivered before).',
  ),
  'retry-under-way': page(
    409,
    'A retry is already in progress',
    'A retry of this upload has not ended yet. `uploadId` is the id of the retry.',
    'POST …/retry twice, with different Idempotency-Keys.',
    'Wait until the retry ends, or cancel it.',
  ),
  'retry-needs-overwrite': page(
    409,
    'The list was not overwritten',
    'The upload had mode=overwrite, and ended before it replaced the contents of the list. A retry only appends rows, so it cannot replace the contents.',
    'POST …/retry for an upload with the problem `overwrite-superseded`.',
    'Send the file again with mode=overwrite and confirmOverwrite.',
  ),
} as const satisfies Record<string, ProblemPage>
