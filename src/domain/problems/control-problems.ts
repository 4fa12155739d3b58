import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls that apply or retry an upload. */
export const CONTROL_PROBLEMS = {
  'plan-changed': page(
    412,
    'The plan has changed',
    'If-Match does not name the present plan of the upload: you sent another digest, or something that the digest covers has changed, such as the columns of the contact list. `planDigest` is the present digest, `changes` shows how the list differs. Nothing was sent.',
    'A column is added to the list in Genesys after the upload was staged with apply=manual.',
    'Read `changes`. If you agree, apply again with the digest in `planDigest`. Otherwise cancel the upload.',
  ),
  'nothing-to-retry': page(
    409,
    'No row is left to retry',
    'The upload has no row with one of the outcomes that you named. Rows that Genesys counts as failed without naming them cannot be retried.',
    'POST …/retry for an upload that is completed.',
    'Read GET …/rows. To send delivered rows again, send the file with duplicates=ignore.',
  ),
  'retry-under-way': page(
    409,
    'A retry is under way',
    'An upload that retries rows of this one has not ended. `uploadId` names it.',
    'POST …/retry twice with different keys.',
    'Wait until that upload ends, or cancel it.',
  ),
  'retry-needs-overwrite': page(
    409,
    'The list was not overwritten',
    'The upload was to replace the contents of the list and ended before it did. A retry appends, which is not what that upload requested.',
    'POST …/retry for an upload with the problem `overwrite-superseded`.',
    'Send the file again with mode=overwrite and confirmOverwrite.',
  ),
} as const satisfies Record<string, ProblemPage>
