import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_COLUMN, contactIdColumnOf } from '../../../domain/contacts/contact-id-column.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { IntakeResult } from '../../../intake/contract.ts'
import type { UploadRequest } from '../../contract.ts'
import type { ReceiveDeps } from './receive-deps.ts'

type Deps = Pick<ReceiveDeps, 'contactLists' | 'fileThresholdRows' | 'callbacks'>

const unavailable = (detail: string): GatewayProblem =>
  new GatewayProblem('capability-not-available', detail)

const invalid = (detail: string, option: string): GatewayProblem =>
  new GatewayProblem('option-invalid', detail, { options: [option] })

/**
 * Throws `capability-not-available` for a queue option that the dialect or the delivery method
 * cannot send to Genesys.
 */
const checkQueue = (
  deps: Deps,
  { priority, doNotQueue, clearSystemData, delivery }: UploadOptions,
): void => {
  if (deps.contactLists.dialect === 'platform') {
    if (delivery !== 'file' || (priority !== true && doNotQueue !== true)) return
    throw unavailable(
      'An upload with delivery=file cannot set priority or doNotQueue. Use delivery=batches.',
    )
  }
  const given = [priority, doNotQueue, clearSystemData]
  if (given.every((value) => value === undefined)) return
  throw unavailable('The options priority, doNotQueue, clearSystemData need the platform dialect.')
}

/**
 * Refuses a delivery method that the dialect, the configuration or the mode does not allow, and
 * delivery options that the method does not have. Call it before the body is read.
 */
export const checkDelivery = (deps: Deps, { options }: Pick<UploadRequest, 'options'>): void => {
  const { delivery, duplicateCheckField, mode } = options
  checkQueue(deps, options)
  if (duplicateCheckField !== undefined && delivery !== 'callback') {
    throw invalid('duplicateCheckField works only with delivery=callback.', 'duplicateCheckField')
  }
  if (delivery !== 'callback') return
  if (deps.contactLists.dialect !== 'guide') {
    throw unavailable('delivery=callback exists only in the guide dialect.')
  }
  if (!deps.callbacks) {
    throw unavailable(
      'delivery=callback needs PUBLIC_URL and WEBHOOK_SECRET, so that Genesys can call back.',
    )
  }
  if (mode === 'overwrite') {
    throw unavailable('delivery=callback can only append. To overwrite, use batches or file.')
  }
}

const needsIdColumn = (deps: Deps, delivery: UploadOptions['delivery']): boolean =>
  deps.contactLists.dialect === 'guide' && (delivery === 'file' || delivery === 'callback')

const noIdColumn = (): GatewayProblem =>
  new GatewayProblem(
    'contact-id-column-not-in-list',
    'With delivery=file or delivery=callback, the list must have a column for the contact id. This list has none.',
  )

/**
 * Refuses a `duplicateCheckField` that is not a column of the list. In the guide dialect, also
 * refuses the methods `file` and `callback` if no column of the list can get the contact id,
 * whatever the header of the file is. Call it before the body is read.
 */
export const checkListTakes = (
  deps: Deps,
  { options }: Pick<UploadRequest, 'options'>,
  list: ContactList,
): void => {
  const { delivery, duplicateCheckField, contactIdColumn, mapping = {} } = options
  const names = new Set(list.columns.map(({ name }) => name))
  if (duplicateCheckField !== undefined && !names.has(duplicateCheckField)) {
    throw invalid('duplicateCheckField is not a column of the list.', 'duplicateCheckField')
  }
  if (!needsIdColumn(deps, delivery) || names.has(CONTACT_ID_COLUMN)) return
  const sources = contactIdColumn === undefined ? ['contactId', 'customerId'] : [contactIdColumn]
  const targets = sources.map((name) => (Object.hasOwn(mapping, name) ? mapping[name] : name))
  if (!targets.some((name) => typeof name === 'string' && names.has(name))) throw noIdColumn()
}

/**
 * Chooses how the rows are sent to Genesys, once they are counted. If the caller chose a method,
 * this method is used. With `auto`, the guide dialect sends files if there are more rows than the
 * threshold and the list has a column for the contact id [guide-api: Contacts]. All other uploads
 * are sent as batches. Throws `contact-id-column-not-in-list` if the chosen method needs that
 * column and the list has none.
 */
export const chooseDelivery = (
  deps: Deps,
  options: UploadOptions,
  list: ContactList,
  { columns, counts }: Pick<IntakeResult, 'columns' | 'counts'>,
): Pick<Upload['delivery'], 'method' | 'duplicateCheckField'> => {
  const { delivery } = options
  const idColumn = contactIdColumnOf(list, columns)
  if (idColumn === null && needsIdColumn(deps, delivery)) throw noIdColumn()
  if (delivery === 'callback') {
    const duplicateCheckField = options.duplicateCheckField ?? idColumn
    return { method: 'callback', duplicateCheckField }
  }
  if (delivery !== 'auto') return { method: delivery, duplicateCheckField: null }
  const large = deps.contactLists.dialect === 'guide' && counts.accepted > deps.fileThresholdRows
  return { method: large && idColumn !== null ? 'file' : 'batches', duplicateCheckField: null }
}
