import { page, type ProblemPage } from './problem-page.ts'

/**
 * What ends an accepted upload, or marks it, beside the codes that calls know too (`genesys-refused`, `schema-drift`).
 * No call is answered with these: they stand in the upload's `problem`. The status is the nearest that HTTP has.
 */
export const UPLOAD_PROBLEMS = {
  'contact-list-gone': page(
    409,
    'The contact list is gone',
    'It appears in the `problem` of an upload: Genesys no longer knows the contact list. What was not delivered before is `unprocessed`.',
    'The list was deleted in Genesys after the upload was accepted.',
    'Read the unprocessed rows with GET …/rows and send them to a contact list that exists, in a new upload.',
  ),
  'failed-rows-unidentified': page(
    502,
    'Genesys counts failed rows but does not name them',
    'It appears in the `problem` of an upload: Genesys reported more failed rows than it named, so some rows that count as delivered may be missing from the list; `detail` says how many.',
    'A bulk job of Genesys ends with 3 failures and names 2 of them.',
    'Compare the list in Genesys with the file, or send the file again with duplicates=ignore.',
  ),
  'import-unattributed': page(
    502,
    'Genesys tells of import errors without the rows',
    'It appears in the `problem` of an upload that went as a file: the import left rows out, and the file was too large (over 100,000 rows) to be read back: as many rows as the list did not grow by count as failed; which ones is unknown. `detail` says how many.',
    'A file of 150,000 rows of which the list shows 149,000.',
    'Compare the list in Genesys with the file, or send the file again with delivery=batches.',
  ),
  'list-clearing': page(
    409,
    'Genesys has not cleared the list yet',
    'It appears in the `problem` of an upload that is held as `list_clearing`: Genesys took the call that clears the list and still shows contacts in it, or has wiped rows that were sent afterwards. Nothing else is sent to the list meanwhile.',
    'mode=overwrite on a list of a million contacts.',
    'Nothing to do: the list is looked at again, and the upload goes on by itself. If it lasts for hours, look at the list in Genesys, then POST …/resume asks for the clearing once more.',
  ),
  'genesys-job-failed': page(
    502,
    'Genesys ingested none of the rows',
    'It appears in the `problem` of an upload, and as the code of rows: Genesys took the rows and then failed to ingest them, twice, without naming one. Nothing of the upload is in the list.',
    'A bulk job that ends as failed with 0 of 5 rows processed.',
    'Look at the list in Genesys, then send the rows again with POST …/retry.',
  ),
  'contact-list-full': page(
    409,
    'The contact list is full',
    'It appears in the `problem` of an upload, and as the code of rows: the list holds as many contacts as Genesys allows (1,000,000 in the platform dialect), or would with this upload. What was delivered before stays; where the room is too small from the start, nothing is sent.',
    'An upload of 20,000 new contacts to a list that holds 990,000.',
    'Remove contacts that are done from the list and POST …/retry, or send the upload to another list.',
  ),
  'import-unproven': page(
    502,
    'Nothing shows that Genesys imported the file',
    'It appears in the `problem` of an upload that is held as `import_unproven`: Genesys took the file twice, and neither the status of the list nor a reading of its contacts shows that it was imported. No row of it counts as delivered.',
    'An import that Genesys loses, or one that waits behind others for hours.',
    'It is tried again every hour; POST …/resume tries at once. Look at the list in Genesys; /cancel and delivery=batches bring the rows with an answer for each.',
  ),
  'contact-id-column-not-in-list': page(
    422,
    'The contact list has no column for the contact id',
    'A file carries the contact id only in a column of the list, and the list has neither `contactId` nor the column that the id was mapped to. As the answer to a call: nothing was kept.',
    'delivery=file for a list with the columns phone and firstName.',
    'Send the upload with delivery=batches, or use a list that has a column for the id.',
  ),
  'overwrite-superseded': page(
    409,
    'The list holds newer contacts',
    'It appears in the `problem` of an upload: it was to overwrite the contact list, but while it waited a later upload was delivered, which overwriting would delete. Nothing was sent.',
    'An upload with mode=overwrite is paused, another one is delivered to the same list, and the first is resumed.',
    'Send the newest file again with mode=overwrite if the list is to hold nothing else.',
  ),
  'overwrite-failed': page(
    502,
    'The list was not overwritten as a whole',
    'It appears in the `problem` of an upload: Genesys took the request that was to replace the contents of the list and did not complete it. The list may be empty, or hold what it held before; the rest of the rows is `unprocessed`.',
    'The job of the first batch fails twice.',
    'Look at the list in Genesys, then send the file again with mode=overwrite.',
  ),
} as const satisfies Record<string, ProblemPage>
