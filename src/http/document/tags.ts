/** The capabilities that operations are grouped by, in the order of the document. They are the names of the rooms in the code. */
export const TAGS = {
  uploads: 'Sending contacts, and what becomes of them',
  'contact-lists': 'Contact lists of Genesys, as far as the tenant is granted',
  segments: 'Whom a campaign dials: rules that are understood before they are sent',
  'do-not-call': 'Who is not to be called: entries that suppress from their 202 on',
  'guest-files': 'Files for a person: inspected, scanned, and followed until Genesys has them',
  endpoints: 'Where others are told how their uploads end',
  'genesys-events': 'Genesys calling back',
  access: 'Who may call: tenants, what they are granted, and their keys',
  signing: 'With what to check what the gateway signs',
  operations: 'Limits, probes, metrics and this document',
  problems: 'What each problem code means, and how it is mended',
} as const
export type Tag = keyof typeof TAGS
