import { z } from 'zod'

import { DNC_REASON_NAMES } from '../../domain/do-not-call/dnc-entry.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { filled } from '../frame/fields.ts'
import { form } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { checkList, regionField } from './do-not-call-pages.ts'
import { endOf, linkOf } from './submission-pages.ts'

const { doNotCall: words } = ENGLISH

/**
 * Accepts a file of entries through the same use case as the API. The valid entries are in force
 * before the next page appears.
 */
export const DNC_IMPORT = form({
  at: '/do-not-call/import',
  scope: 'dnc',
  reads: 'file',
  form: z.strictObject({
    list: genesysIdSchema,
    key: z.uuid(),
    reason: z.enum(DNC_REASON_NAMES),
    source: filled(z.string().trim().max(64)),
    until: filled(z.iso.date()),
    region: regionField,
  }),
  act: async ({ deps, caller, file, form: { list, key: idempotencyKey, ...given } }) => {
    await checkList({ deps, caller }, list)
    if (file === null || file.fileName === null) {
      throw new GatewayProblem('upload-empty', words.import.noFile)
    }
    const answer = await deps.receiveEntries({
      ...{ caller, kind: 'add', dncListId: list, idempotencyKey },
      ...{ format: file.format(), fileName: file.fileName, body: file.body },
      options: {
        reason: given.reason,
        ...(given.region !== undefined && { region: given.region }),
        ...(given.source !== undefined && { source: given.source }),
        ...endOf(given.until),
      },
      steps: deps.judgeEntries,
      ...{ method: 'POST', path: `/v1/dnc-lists/${list}/entries` },
    })
    return { goTo: linkOf(answer.location!.split('/').at(-1)!), said: 'dncAdd' }
  },
})
