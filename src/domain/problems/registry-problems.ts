import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with registries and their editions. */
export const REGISTRY_PROBLEMS = {
  'registry-unknown': page(
    422,
    'There is no such registry',
    'A tenant is to use a registry that nobody has made; `registry` names it.',
    '{"registries": ["ftc"]} before PUT /v1/registries/ftc.',
    'Make the registry first: PUT /v1/registries/{name}.',
  ),
  'registry-fixed': page(
    409,
    'The country of the registry is fixed',
    'The registry has editions, and their numbers are of another country than the call says.',
    'PUT /v1/registries/ftc with country GB, after editions of US numbers.',
    'Make another registry for the other country.',
  ),
  'registry-country-differs': page(
    422,
    'The file is of another country',
    'A line of the file has a number with the code of another country than the registry; `line` says which. Nothing of the file was taken.',
    '+442079460018 in an edition of a registry of US.',
    'Send the file to the registry of its country.',
  ),
  'registry-cut-off': page(
    422,
    'The file ends in the middle of a number',
    'The last line of the file is too short to be a number. Nothing of the file was taken.',
    'A download that broke off.',
    'Download the file again and send it whole.',
  ),
  'registry-no-numbers': page(
    422,
    'The file has no numbers',
    "No line of the file is a number of the registry's country. Nothing of the file was taken.",
    'A file with nothing but a header, or an error page that was saved as a file.',
    'Send one number a line: +12015550100, 2015550100, or the flat form 201,5550100.',
  ),
  'edition-older': page(
    409,
    'A newer edition is in force',
    '`asOf` lies before that of the edition in force, which `editionId` names.',
    'The file of last month, sent after that of this month.',
    'Send the newest file, with the day on which it was made as `asOf`.',
  ),
  'edition-exists': page(
    409,
    'This file is an edition already',
    'An edition with exactly these bytes was loaded before; `editionId` names it. Nothing was loaded twice.',
    'A job that sends its file again, under another Idempotency-Key.',
    'Nothing to do; GET the edition to see how it stands.',
  ),
  'edition-base-missing': page(
    409,
    'What the edition changes is not in force',
    'A change was sent for a registry without an edition in force, or for another one than is; `editionId` names the one in force, if there is one.',
    'The list of changes, sent before the first full list.',
    'Send the full list, and the changes that were made after it.',
  ),
  'edition-shrinks': page(
    409,
    'The edition has far fewer numbers',
    'A full edition has less than nine tenths of the numbers of the edition in force, as a file has that was cut off between two lines. Nothing of it was taken.',
    'A file with 2 million numbers for a registry that has 250 million.',
    'Check the file. Where it is whole, send it again with `allowShrink=true`.',
  ),
  'edition-loading': page(
    409,
    'The edition is being loaded',
    'An edition can be deleted once it is in force, replaced or failed.',
    'DELETE right after the POST.',
    'GET the edition until its state is another, then delete it.',
  ),
} as const satisfies Record<string, ProblemPage>
