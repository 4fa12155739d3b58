import { page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { limitsModel } from './limits-model.ts'

export const LIMITS = page({
  at: '/limits',
  scope: null,
  menu: 'limits',
  load: async ({ deps, caller }) => ({
    title: ENGLISH.limits.title,
    template: '/limits/limits',
    model: { limits: limitsModel(await deps.readLimits(caller.tenantId), deps.keyCallsPerMinute) },
  }),
})
