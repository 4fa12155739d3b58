import type { TableEntry } from './frame/page.ts'
import { OVERVIEW, OVERVIEW_LIVE } from './overview/overview-page.ts'

/** Every page and every button of the console; the menu has those with `menu`, in this order. */
export const TABLE: readonly TableEntry[] = [OVERVIEW, OVERVIEW_LIVE]
