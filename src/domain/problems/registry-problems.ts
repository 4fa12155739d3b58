import { page, type ProblemPage } from './problem-page.ts'

/** Problems of registries and their editions. */
export const REGISTRY_PROBLEMS = {
  'registry-unknown': page(
    422,
    'The registry does not exist',
    'The call assigns a registry to a tenant, but the registry does not exist. `registry` is its name.',
    '{"registries": ["ftc"]} before PUT /v1/registries/ftc.',
    'Make the registry first: PUT /v1/registries/{name}.',
  ),
  'registry-fixed': page(
    409,
    'The country of the registry is fixed',
    'The registry already has editions with numbers of its present country, so you cannot change the country.',
    'PUT /v1/registries/ftc with country GB, after editions of US numbers.',
    'Make a separate registry for the other country.',
  ),
  'registry-country-differs': page(
    422,
    'The file has numbers of a different country',
    'A number in the file does not belong to the country of the registry. `line` is the line of this number. The gateway kept nothing of the file.',
    '+442079460018 in an edition of a registry for US.',
    'Check whether the file belongs to this registry. If not, send it to the registry for the country of its numbers.',
  ),
  'registry-cut-off': page(
    422,
    'The file ends in the middle of a number',
    'The last line of the file has digits, but is not a complete phone number. The gateway kept nothing of the file.',
    'A download that was interrupted.',
    'Download the file again, and send the complete file.',
  ),
  'registry-no-numbers': page(
    422,
    'The file has no numbers',
    "No line of the file is a number of the registry's country. The gateway kept nothing of the file.",
    'A file with only a header, or an error page that was saved as a file.',
    'Send one number per line, for example +12015550100, 2015550100 or 201,5550100.',
  ),
  'edition-older': page(
    409,
    'A newer edition is in force or is being loaded',
    'The `asOf` of your call is earlier than the `asOf` of the edition in force, or of an edition that is being loaded. `editionId` names this edition.',
    'You send the file of last month after the file of this month.',
    'Send the newest file, and set `asOf` to the day on which it was made.',
  ),
  'edition-exists': page(
    409,
    'This file was already received',
    'An edition with exactly these bytes and the same `change` exists, so the gateway did not load the file again. `editionId` is the id of this edition.',
    'A job sends its file again, with a different Idempotency-Key.',
    'If you sent the file twice, you do not have to do anything. If the registry really has the same numbers again (for example, a number was removed and then added again), send the file with an `asOf` later than that of this edition.',
  ),
  'edition-base-missing': page(
    409,
    'The changes do not fit the edition in force',
    'You sent changes for an edition that is not in force, or the registry has no edition in force. If an edition is in force, the field `editionId` states its id.',
    'You send changes before the first full edition.',
    'Send a full edition first. Then send the changes that were made after this edition.',
  ),
  'edition-shrinks': page(
    409,
    'The edition has far fewer numbers than the edition in force',
    'You sent a full edition. It has less than 90 % of the numbers of the edition in force, or of an edition that is being loaded, so the file may be incomplete. The gateway kept nothing of the file.',
    'A file with 2 million numbers for a registry that has 250 million.',
    'Check the file. If it is complete, send it again with `allowShrink=true`.',
  ),
  'edition-offset-differs': page(
    409,
    'The offset is not the end of the saved part',
    'You sent the rest of a file with an `offset`, but the gateway has saved a different number of bytes. `offset` in the answer is the number of saved bytes. This number is 0 if the edition was already accepted, if a day has passed since the last bytes arrived, or if the file is gzip. The call must have the same Idempotency-Key and the same options as the interrupted call.',
    'offset=1000, while the first 9,437,184 bytes of the file are saved.',
    'Send the bytes after the `offset` in the answer. If this offset is 0, send the whole file with the same Idempotency-Key. If the file was already accepted, you get the first answer again.',
  ),
  'edition-loading': page(
    409,
    'An edition is being loaded',
    'The gateway is still loading an edition. You can delete an edition only if it is in force, was replaced, or has failed, and no change of it is being loaded. You can send changes (`change=add` or `change=remove`) only while no other edition of the registry is being loaded, because changes apply to the edition in force.',
    'You delete an edition right after you sent it, or you send a file of removed numbers right after a file of added numbers.',
    'Read the edition with GET until its state changes. Then make the call again.',
  ),
} as const satisfies Record<string, ProblemPage>
