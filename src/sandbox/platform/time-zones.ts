import { fieldsOf, type StoredList } from '../state/list-store.ts'

/**
 * A few area codes, enough to show that mapping works. The rest of the real table is not simulated.
 */
const AREA_CODES: Record<string, string> = {
  212: 'America/New_York',
  305: 'America/New_York',
  312: 'America/Chicago',
  713: 'America/Chicago',
  303: 'America/Denver',
  602: 'America/Phoenix',
  213: 'America/Los_Angeles',
  415: 'America/Los_Angeles',
  416: 'America/Toronto',
  604: 'America/Vancouver',
}

/**
 * The time zone by the first digit of a US zip code. This is approximate, because some states have
 * several zones.
 */
const ZIP_ZONES = [
  ...Array<string>(4).fill('America/New_York'),
  ...Array<string>(4).fill('America/Chicago'),
  'America/Denver',
  'America/Los_Angeles',
]

const zoneOfPhone = (phone: string): string | undefined => {
  const digits = phone.replaceAll(/\D/g, '')
  const national = digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits
  return national.length === 10 ? AREA_CODES[national.slice(0, 3)] : undefined
}

const zoneOfZip = (zip: string): string | undefined =>
  /^\d{5}(-?\d{4})?$/.test(zip) ? ZIP_ZONES[Number(zip[0])] : undefined

type Mapped = { zone: string; byZip: boolean }

/**
 * The zones of a contact's phone columns. If the zone of the zip code is known, all numbers have
 * this zone. Otherwise each number has its own zone, by its area code.
 */
const zonesOf = (list: StoredList, cells: string): Map<string, Mapped> => {
  const zones = new Map<string, Mapped>()
  const { automaticTimeZoneMapping, zipCodeColumnName: zip } = list.settings
  if (!automaticTimeZoneMapping) return zones
  const values = fieldsOf(list, cells)
  const byZip = zip === undefined ? undefined : zoneOfZip(values[zip] ?? '')
  for (const { name, kind } of list.fields) {
    const phone = values[name]
    if (kind !== 'phone' || !phone) continue
    const zone = byZip ?? zoneOfPhone(phone)
    if (zone !== undefined) zones.set(name, { zone, byZip: byZip !== undefined })
  }
  return zones
}

/** `contactColumnTimeZones` of a contact. */
export const columnTimeZones = (list: StoredList, cells: string) =>
  Object.fromEntries(
    [...zonesOf(list, cells)].map(([name, { zone }]) => [
      name,
      { timeZone: zone, columnType: 'PHONE' },
    ]),
  )

/**
 * The result of automatic mapping for the present contacts of a list (SDK 262,
 * TimeZoneMappingPreview).
 */
export const timeZonePreview = (list: StoredList) => {
  const contactsPerTimeZone: Record<string, number> = {}
  const contactsMappedUsingZipCode: Record<string, number> = {}
  const tally = { single: 0, singleByZip: 0, multiple: 0, none: 0 }
  for (const { cells } of list.contacts.page(0, Infinity).contacts) {
    const mapped = [...zonesOf(list, cells).values()]
    const zones = new Set(mapped.map(({ zone }) => zone))
    const byZip = mapped.some((found) => found.byZip)
    for (const zone of zones) {
      contactsPerTimeZone[zone] = (contactsPerTimeZone[zone] ?? 0) + 1
      if (byZip) contactsMappedUsingZipCode[zone] = (contactsMappedUsingZipCode[zone] ?? 0) + 1
    }
    if (zones.size === 0) tally.none += 1
    else if (zones.size > 1) tally.multiple += 1
    else tally[byZip ? 'singleByZip' : 'single'] += 1
  }
  return {
    contactList: { id: list.id, name: list.name },
    contactsPerTimeZone,
    contactsMappedUsingZipCode,
    contactsMappedToASingleZone: tally.single + tally.singleByZip,
    contactsMappedToASingleZoneUsingZipCode: tally.singleByZip,
    contactsMappedToMultipleZones: tally.multiple,
    contactsMappedToMultipleZonesUsingZipCode: 0,
    contactsInDefaultWindow: tally.none,
    contactListSize: list.contacts.size,
  }
}
