import { z } from 'zod'

import { nextLook } from '../frame/live.ts'
import { page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { overviewModel } from './overview-model.ts'

const { title } = ENGLISH.overview

export const OVERVIEW = page({
  at: '/',
  scope: null,
  menu: 'overview',
  load: async ({ deps, caller }) => ({
    title,
    template: '/overview/overview',
    model: { overview: overviewModel(await deps.readOverview(caller)), live: nextLook(null) },
  }),
})

/** The part of the overview that the page reloads. */
export const OVERVIEW_LIVE = page({
  at: '/overview/live',
  scope: null,
  part: true,
  query: z.object({ look: z.coerce.number().int().min(0).max(1_000).catch(0) }),
  load: async ({ deps, caller, query }) => ({
    title,
    template: '/overview/overview-live',
    model: { overview: overviewModel(await deps.readOverview(caller)), live: nextLook(query.look) },
  }),
})
