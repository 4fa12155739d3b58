import { page, type ProblemPage } from './problem-page.ts'

/**
 * Problems that end or mark an accepted upload, beside the codes that calls share
 * (`genesys-refused`, `schema-drift`). No call answers with these. They appear in the upload's
 * `problem`. The status is the nearest that HTTP has.
 */
export const UPLOAD_PROBLEMS = {
  'contact-list-gone': page(
    409,
    'The contact list is gone',
    'It appears in the `problem` of an upload: Genesys no longer knows the contact list. Rows that were not delivered before are `unprocessed`.',
    'The list was deleted in Genesys after the upload was accepted.',
    'Read the unprocessed rows with GET …/rows and send them in a new upload to an existing contact list.',
  ),
  'failed-rows-unidentified': page(
    502,
    'Genesys counts failed rows but does not name them',
    'It appears in the `problem` of an upload: Genesys reported more failed rows than it named, so some rows that count as delivered may be missing from the list. `detail` says how many.',
    'A bulk job of Genesys ends with 3 failures and names 2 of them.',
    'Compare the list in Genesys with the file, or send the file again with duplicates=ignore.',
  ),
  'import-unattributed': page(
    502,
    'Genesys reports import errors without the rows',
    'It appears in the `problem` of an upload that went as a file. The import left rows out, and the file was too large (over 100,000 rows) to be read back. The gateway counts as failed the number of rows by which the list grew too little; which rows they are is unknown. `detail` says how many.',
    'A file of 150,000 rows of which the list shows 149,000.',
    'Compare the list in Genesys with the file, or send the file again with delivery=batches.',
  ),
  'list-clearing': page(
    409,
    'Genesys has not cleared the list yet',
    'It appears in the `problem` of an upload that is held as `list_clearing`: Genesys accepted the call that clears the list and still shows contacts in it, or has wiped rows that were sent afterwards. Meanwhile the gateway sends nothing else to the list.',
    'mode=overwrite on a list of a million contacts.',
    'Nothing to do: the gateway keeps checking the list, and the upload resumes without you. If it lasts for hours, check the list in Genesys; POST …/resume then requests the clearing once more.',
  ),
  'genesys-job-failed': page(
    502,
    'Genesys ingested none of the rows',
    'It appears in the `problem` of an upload, and as the code of rows: Genesys accepted the rows and then failed twice to ingest them, without naming one. Nothing of the upload is in the list.',
    'A bulk job ends as failed with 0 of 5 rows processed.',
    'Check the list in Genesys, then send the rows again with POST …/retry.',
  ),
  'contact-list-full': page(
    409,
    'The contact list is full',
    'It appears in the `problem` of an upload, and as the code of rows: the list holds as many contacts as Genesys allows (1,000,000 in the platform dialect), or would do so with this upload. Contacts that were delivered before stay. If the room is too small from the start, the gateway sends nothing.',
    'An upload of 20,000 new contacts to a list that holds 990,000.',
    'Remove finished contacts from the list and call POST …/retry, or send the upload to another list.',
  ),
  'import-unproven': page(
    502,
    'Nothing shows that Genesys imported the file',
    'It appears in the `problem` of an upload that is held as `import_unproven`: Genesys accepted the file twice, and neither the status of the list nor a reading of its contacts shows that it was imported. No row of it counts as delivered.',
    'An import that Genesys loses, or one that waits behind others for hours.',
    'The gateway tries again every hour; POST …/resume tries immediately. Check the list in Genesys. To get an answer for each row, /cancel and send the file again with delivery=batches.',
  ),
  'contact-id-column-not-in-list': page(
    422,
    'The contact list has no column for the contact id',
    'In a file, the contact id must be in a column of the list, and the list has neither `contactId` nor the column to which the id was mapped. As the answer to a call: nothing was kept.',
    'delivery=file for a list with the columns phone and firstName.',
    'Send the upload with delivery=batches, or use a list that has a column for the id.',
  ),
  'overwrite-superseded': page(
    409,
    'The list holds newer contacts',
    'It appears in the `problem` of an upload that was to overwrite the contact list. While it waited, a later upload was delivered, and overwriting would delete that one. Nothing was sent.',
    'An upload with mode=overwrite is paused, another one is delivered to the same list, and the first is resumed.',
    'If you still want to replace everything in the list, send the newest file again with mode=overwrite.',
  ),
  'overwrite-failed': page(
    502,
    'The list was not overwritten as a whole',
    'It appears in the `problem` of an upload: Genesys accepted the request to replace the contents of the list and did not complete it. The list may be empty, or hold what it held before. The other rows are `unprocessed`.',
    'The job of the first batch fails twice.',
    'Check the list in Genesys, then send the file again with mode=overwrite.',
  ),
} as const satisfies Record<string, ProblemPage>
