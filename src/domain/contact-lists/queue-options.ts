import { z } from 'zod'

/**
 * The effect of adding contacts on their place in a campaign's queue, and on what Genesys knows
 * about them (platform). By default contacts that were dialled are not dialled again, because
 * updating a contact must not call the person twice [platform-truth: 4].
 */
export const queueOptionsSchema = z.strictObject({
  /** Contacts go to the front of the queue. */
  priority: z.boolean(),
  /** Contacts that were dialled are not queued again; new contacts are. */
  doNotQueue: z.boolean(),
  /** What Genesys recorded of the contacts (calls, results, callable) is wiped. */
  clearSystemData: z.boolean(),
})
export type QueueOptions = z.output<typeof queueOptionsSchema>
/** The settings of a list, or of an upload. undefined: none. */
export type QueueDefaults = { [name in keyof QueueOptions]?: boolean | undefined }
/** null sets the option back to undecided. */
export type QueueChange = { [name in keyof QueueOptions]?: boolean | null | undefined }

/**
 * The settings with which an upload is sent. `byDefault`: neither the upload nor the list decides
 * whether known contacts are queued again.
 */
export type ChosenQueue = QueueOptions & { byDefault: boolean }

const DEFAULTS: QueueOptions = { priority: false, doNotQueue: true, clearSystemData: false }
const NAMES = ['priority', 'doNotQueue', 'clearSystemData'] as const

/** The upload's own setting, otherwise the list's, otherwise the safe one. */
export const chooseQueue = (asked: QueueDefaults, ofList: QueueDefaults): ChosenQueue => {
  const chosen = { ...DEFAULTS }
  for (const name of NAMES) chosen[name] = asked[name] ?? ofList[name] ?? DEFAULTS[name]
  const byDefault = asked.doNotQueue === undefined && ofList.doNotQueue === undefined
  return { ...chosen, byDefault }
}

/** A file carries only the wiping: it has neither a priority nor a setting for the queue. */
export const queueOfFile = (queue: ChosenQueue): ChosenQueue => ({
  ...queue,
  priority: false,
  doNotQueue: false,
})
