import { z } from 'zod'

/**
 * What adding contacts does (platform) to their place in a campaign's queue, and to the data that
 * Genesys has recorded about them. By default, a contact that was dialled is not queued again,
 * because an update of its data must not cause a second call [platform-truth: 4].
 */
export const queueOptionsSchema = z.strictObject({
  /** Contacts are put at the front of the queue. */
  priority: z.boolean(),
  /** Contacts that were already dialled are not queued again. New contacts are queued. */
  doNotQueue: z.boolean(),
  /**
   * Deletes what Genesys recorded about the contacts: calls, results, and whether they may be
   * called.
   */
  clearSystemData: z.boolean(),
})
export type QueueOptions = z.output<typeof queueOptionsSchema>
/** The settings of a list, or of an upload. undefined: the option is not set. */
export type QueueDefaults = { [name in keyof QueueOptions]?: boolean | undefined }
/**
 * An option that is left out does not change. null: the list no longer has a setting for the
 * option.
 */
export type QueueChange = { [name in keyof QueueOptions]?: boolean | null | undefined }

/**
 * The queue options with which an upload is sent. `byDefault`: no setting of the upload or the list
 * decides `doNotQueue`.
 */
export type ChosenQueue = QueueOptions & { byDefault: boolean }

const DEFAULTS: QueueOptions = { priority: false, doNotQueue: true, clearSystemData: false }
const NAMES = ['priority', 'doNotQueue', 'clearSystemData'] as const

/**
 * Chooses each option: the setting of the upload, else the setting of the list, else the safe
 * default.
 */
export const chooseQueue = (asked: QueueDefaults, ofList: QueueDefaults): ChosenQueue => {
  const chosen = { ...DEFAULTS }
  for (const name of NAMES) chosen[name] = asked[name] ?? ofList[name] ?? DEFAULTS[name]
  const byDefault = asked.doNotQueue === undefined && ofList.doNotQueue === undefined
  return { ...chosen, byDefault }
}

/**
 * The options for an upload that goes as a file. For a file, Genesys accepts only
 * `clearSystemData`. If the list sets `doNotQueue`, the setting has no effect, so it decides
 * nothing.
 */
export const queueOfFile = (queue: ChosenQueue): ChosenQueue => ({
  ...queue,
  priority: false,
  doNotQueue: false,
  byDefault: queue.byDefault || queue.doNotQueue,
})
