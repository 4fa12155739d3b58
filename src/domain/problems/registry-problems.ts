import { page, type ProblemPage } from './problem-page.ts'

/** Problems of registries and their editions. */
export const REGISTRY_PROBLEMS = {
  'registry-unknown': page(
    422,
    'The registry does not exist',
    'The call assigns a registry to a tenant, and that registry does not exist. `registry` names it.',
    '{"registries": ["ftc"]} before PUT /v1/registries/ftc.',
    'Make the registry first: PUT /v1/registries/{name}.',
  ),
  'registry-fixed': page(
    409,
    'The country of the registry is fixed',
    'The registry has editions, and the country of their numbers is not the one in the call.',
    'PUT /v1/registries/ftc with country GB, after editions of US numbers.',
    'Make another registry for the other country.',
  ),
  'registry-country-differs': page(
    422,
    'The file is of a different country',
    'A line of the file has a number with the code of a country that is not the one of the registry. `line` is that line. The gateway kept nothing of the file.',
    '+442079460018 in an edition of a registry of US.',
    'Send the file to the registry of its country.',
  ),
  'registry-cut-off': page(
    422,
    'The file ends in the middle of a number',
    'The last line of the file is too short to be a number. The gateway kept nothing of the file.',
    'A download that broke off.',
    'Download the file again and send it whole.',
  ),
  'registry-no-numbers': page(
    422,
    'The file has no numbers',
    "No line of the file is a number of the registry's country. The gateway kept nothing of the file.",
    'A file with only a header, or an error page that was saved as a file.',
    'Send one number a line: +12015550100, 2015550100, or the flat form 201,5550100.',
  ),
  'edition-older': page(
    409,
    'A newer edition is in force',
    '`asOf` is earlier than that of the edition in force. `editionId` is the edition in force.',
    'You send the file of last month after that of this month.',
    'Send the newest file, and set `asOf` to the day on which it was made.',
  ),
  'edition-exists': page(
    409,
    'This file is an edition already',
    'An edition with exactly these bytes was loaded before. `editionId` names it. The gateway loads nothing twice.',
    'A job sends its file again, with another Idempotency-Key.',
    'Nothing to do. GET the edition to see its state.',
  ),
  'edition-base-missing': page(
    409,
    'The edition changes one that is not in force',
    'You sent changes for a registry that has no edition in force, or for an edition that is not the one in force. `editionId` is the one in force, if there is one.',
    'You send the list of changes before the first full list.',
    'Send the full list first, then the changes that were made after it.',
  ),
  'edition-shrinks': page(
    409,
    'The edition has far fewer numbers',
    'A full edition has less than nine tenths of the numbers of the edition in force. A file that was cut off between two lines looks like that. The gateway kept nothing of it.',
    'A file with 2 million numbers for a registry that has 250 million.',
    'Check the file. If it is complete, send it again with `allowShrink=true`.',
  ),
  'edition-offset-differs': page(
    409,
    'Another part of the file is missing',
    'You sent the rest of a file with `offset`, and the gateway keeps another number of its first bytes. `offset` in the answer says how many; 0: none, as when the edition was accepted already, when a day passed, or when the file is gzip. The call must have the Idempotency-Key and the options of the one that broke off.',
    'offset=1000 after a call of which the first 9,437,184 bytes are kept.',
    'Send the bytes that follow the `offset` of the answer. At 0, send the whole file under the same key: if it was accepted, you get the first answer again.',
  ),
  'edition-loading': page(
    409,
    'The edition is being loaded',
    'You can delete an edition only when it is in force, has been replaced, or has failed.',
    'DELETE right after the POST.',
    'GET the edition until its state changes, then delete it.',
  ),
} as const satisfies Record<string, ProblemPage>
