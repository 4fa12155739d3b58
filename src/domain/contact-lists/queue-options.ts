import { z } from 'zod'

/**
 * What adding contacts does to their place in a campaign's queue, and to what Genesys knows of them (platform). Where nobody says otherwise contacts that
 * were dialled are not dialled again, for updating one must not call the person twice [platform-truth: 4].
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
/** What a list, or an upload, says of itself; undefined: nothing. */
export type QueueDefaults = { [name in keyof QueueOptions]?: boolean | undefined }
/** null: back to undecided. */
export type QueueChange = { [name in keyof QueueOptions]?: boolean | null | undefined }

/** What an upload goes with. `byDefault`: neither it nor the list says whether known contacts are queued again. */
export type ChosenQueue = QueueOptions & { byDefault: boolean }

const DEFAULTS: QueueOptions = { priority: false, doNotQueue: true, clearSystemData: false }
const NAMES = ['priority', 'doNotQueue', 'clearSystemData'] as const

/** The upload's own word, else the list's, else the safe one. */
export const chooseQueue = (asked: QueueDefaults, ofList: QueueDefaults): ChosenQueue => {
  const chosen = { ...DEFAULTS }
  for (const name of NAMES) chosen[name] = asked[name] ?? ofList[name] ?? DEFAULTS[name]
  const byDefault = asked.doNotQueue === undefined && ofList.doNotQueue === undefined
  return { ...chosen, byDefault }
}

/** A file carries only the wiping: it has neither a priority nor a word on the queue. */
export const queueOfFile = (queue: ChosenQueue): ChosenQueue => ({
  ...queue,
  priority: false,
  doNotQueue: false,
})
