import { lookQuery, nextLook } from '../frame/live.ts'
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
  query: lookQuery,
  load: async ({ deps, caller, query }) => ({
    title,
    template: '/overview/overview-live',
    model: { overview: overviewModel(await deps.readOverview(caller)), live: nextLook(query.look) },
  }),
})
