import { z } from 'zod'

import { hasScope } from '../../domain/access/access.ts'
import { registryNameSchema } from '../../domain/do-not-call/registries/edition-options.ts'
import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Finder } from '../../workflows/ports/do-not-call/retractions.ts'
import { page, type View, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { contactLine, deliveredBeforeSum } from './delivered-before-model.ts'
import { findOwn, linkOf, submissionParams } from './submission-pages.ts'

const PAGE_CONTACTS = 50
const { deliveredBefore: words } = ENGLISH

const query = z.strictObject({ after: z.coerce.number().int().min(0).default(0) })

const viewOf = async (
  {
    deps,
    caller,
    query: { after },
  }: Pick<Visit<unknown, z.output<typeof query>>, 'deps' | 'caller' | 'query'>,
  finder: Finder,
  about: { at: string; crumbs: { href: string; text: string }[]; lead: string },
): Promise<View> => {
  const [summary, contacts] = await Promise.all([
    deps.deliveredBefore.summary(finder),
    deps.deliveredBefore.page(finder, { after: String(after), limit: PAGE_CONTACTS }),
  ])
  const mayOpen = hasScope(caller.scopes, 'uploads')
  return {
    title: words.title,
    template: '/do-not-call/delivered-before',
    model: {
      before: {
        ...about,
        ...deliveredBeforeSum(summary),
        contacts: contacts.items.map((found) => contactLine(found, mayOpen)),
        first: after > 0 ? about.at : null,
        next: contacts.next === null ? null : `${about.at}?after=${contacts.next}`,
      },
    },
  }
}

/** Contacts that Genesys already held when the entries of a submission arrived. */
export const DNC_DELIVERED_BEFORE = page({
  at: '/do-not-call/submissions/:submissionId/delivered-before',
  scope: 'dnc',
  params: submissionParams,
  query,
  load: async (visit) => {
    const { id, number, tenantId } = await findOwn(visit, visit.params.submissionId)
    const crumbs = [
      { href: '/console/do-not-call', text: ENGLISH.doNotCall.title },
      { href: linkOf(id), text: ENGLISH.doNotCall.submission },
    ]
    const about = { at: `${linkOf(id)}/delivered-before`, crumbs, lead: words.ofEntries }
    return viewOf(visit, { number, tenantId }, about)
  },
})

/** Contacts that Genesys already held when an edition of a registry named them. */
export const EDITION_DELIVERED_BEFORE = page({
  at: '/do-not-call/registries/:registry/editions/:editionId/delivered-before',
  scope: 'admin',
  params: z.strictObject({ registry: registryNameSchema, editionId: gatewayIdSchema }),
  query,
  load: async (visit) => {
    const { deps, caller, params } = visit
    const { registry } = params
    const edition = await deps.registries.findEdition(registry, params.editionId)
    if (edition === null) throw new GatewayProblem('not-found', words.noEdition)
    const of = `/console/do-not-call/registries/${registry}`
    const crumbs = [
      { href: '/console/do-not-call/registries', text: ENGLISH.registries.title },
      { href: of, text: registry },
    ]
    const at = `${of}/editions/${edition.id}/delivered-before`
    const finder = { editionId: edition.id, tenantId: caller.tenantId }
    return viewOf(visit, finder, { at, crumbs, lead: words.ofEdition })
  },
})
