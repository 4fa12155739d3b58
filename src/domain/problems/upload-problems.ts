import { page, type ProblemPage } from './problem-page.ts'

/**
 * Problems that appear in the `problem` of an accepted upload. Such a problem is not an HTTP
 * answer, so its `status` is only the HTTP status that fits best. Only
 * `contact-id-column-not-in-list` may also be the answer to a call. Two problems of uploads are in
 * other files, because many calls have them too: `genesys-refused` and `schema-drift`.
 */
export const UPLOAD_PROBLEMS = {
  'contact-list-gone': page(
    409,
    'The contact list is gone',
    'This code appears in the `problem` of an upload. Genesys no longer shows the contact list to the gateway. The rows that were not delivered are `unprocessed`.',
    'The list was deleted in Genesys after the upload was accepted.',
    'Read the unprocessed rows with GET …/rows and send them in a new upload to an existing contact list.',
  ),
  'failed-rows-unidentified': page(
    502,
    'Genesys counts failed rows but does not name them',
    'This code appears in the `problem` of an upload. Genesys reported more failed rows than it named, so some rows that count as delivered may be missing from the list. `detail` shows how many failed rows Genesys did not name.',
    'A bulk job of Genesys ends with 3 failures and names 2 of them.',
    'Compare the list in Genesys with the file, or send the file again with duplicates=ignore.',
  ),
  'import-unattributed': page(
    502,
    'Genesys did not import all rows, and the gateway does not know which rows are missing',
    'This code appears in the `problem` of an upload that was sent as a file. The import left rows out. The gateway knows this from one of these signs: the import ended as failed, an event of Genesys reported a fault, the list grew too little, or the list does not show some of the rows that the gateway looked up in it. The gateway calculates the number of delivered rows from the growth of the list. The other rows count as failed. Of a file with more than 100,000 rows, the gateway looks up only a sample of the rows, so it cannot tell which rows are missing. `detail` shows how many rows are missing.',
    'The list grows by 149,000 contacts after a file of 150,000 new contacts.',
    'Compare the list in Genesys with the file, or send the file again with delivery=batches.',
  ),
  'list-clearing': page(
    409,
    'Genesys has not cleared the list yet',
    'This code appears in the `problem` of an upload that is held as `list_clearing`. Genesys accepted the call that clears the list. Afterwards, the list still had contacts, or Genesys deleted rows that the gateway sent after this call. While the upload is held, the gateway sends nothing else to the list.',
    'mode=overwrite on a list of a million contacts.',
    'You do not have to do anything: the gateway checks the list, and the upload resumes by itself. If this takes hours, check the list in Genesys, then call POST …/resume. The gateway then checks the list for five more minutes. If the list is still not empty, and no row of the upload was sent, the gateway requests the clearing once more.',
  ),
  'genesys-job-failed': page(
    502,
    'Genesys ingested none of the rows',
    'This code appears in the `problem` of an upload, and as the code of rows. The gateway sent the rows twice. Each time, Genesys accepted the rows, but failed to ingest them and named no row. If the upload has failed, none of its rows is in the list. If Genesys failed to ingest many requests, the upload is held: the gateway sends no more rows until you resume the upload.',
    'A bulk job ends as failed with 0 of 5 rows processed.',
    'Check the list in Genesys. If the upload is held, call POST …/resume afterwards. If the upload has failed, send the rows again with POST …/retry.',
  ),
  'contact-list-full': page(
    409,
    'The contact list is full',
    'This code appears in the `problem` of an upload, and as the code of rows. The list has as many contacts as Genesys allows (1,000,000 in the platform dialect), or this upload would exceed the limit. If the gateway detects this before it sends rows, it sends nothing. Otherwise, the contacts that were already delivered stay in the list.',
    'An upload of 20,000 new contacts to a list that holds 990,000.',
    'To make room in the list, delete contacts in Genesys, then call POST …/retry. Or send the file to a different list.',
  ),
  'import-unproven': page(
    502,
    'Nothing shows that Genesys imported the file',
    'This code appears in the `problem` of an upload that is held as `import_unproven`. The gateway sent the file twice, and Genesys accepted it both times. But neither the status nor the contacts of the list show that Genesys imported the file. No row of the file counts as delivered.',
    'An import that Genesys loses, or that waits behind other imports for hours.',
    'The gateway sends the file again every hour. If you want it to send the file immediately, call POST …/resume. Check the list in Genesys. If you want an outcome for each row, cancel the upload and send the file again with delivery=batches.',
  ),
  'contact-id-column-not-in-list': page(
    422,
    'The contact list has no column for the contact id',
    'In the guide dialect, an upload with delivery=file or delivery=callback needs a contact list that has a column for the contact id. The list has neither the column `contactId` nor the column to which the id is mapped. If a call gets this code as its answer, the gateway keeps nothing of the upload.',
    'delivery=file for a list with the columns phone and firstName.',
    'Send the upload with delivery=batches, or use a list that has a column for the contact id.',
  ),
  'overwrite-superseded': page(
    409,
    'The list holds newer contacts',
    'This code appears in the `problem` of an upload with mode=overwrite. While this upload waited, a later upload was delivered to the list. If this upload overwrote the list now, it would delete the contacts of the later upload. Nothing was sent.',
    'An upload with mode=overwrite is paused. A second upload is delivered to the same list. Then the first upload is resumed.',
    'If you still want to replace everything in the list, send the newest file again with mode=overwrite.',
  ),
  'overwrite-failed': page(
    502,
    'The list was not completely overwritten',
    'This code appears in the `problem` of an upload. Genesys accepted the request to replace the contents of the list, but did not complete it. The list may be empty, or it may have its previous contents. The rows that were not delivered are `unprocessed`.',
    'The job of the first batch fails twice.',
    'Check the list in Genesys, then send the file again with mode=overwrite.',
  ),
} as const satisfies Record<string, ProblemPage>
