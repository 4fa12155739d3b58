/**
 * The capabilities that operations are grouped by, in the order of the document. They are the names
 * of the rooms in the code.
 */
export const TAGS = {
  uploads: 'Send contacts and follow them',
  'contact-lists': 'The contact lists of Genesys that the tenant may use',
  segments:
    'Rules that select whom a campaign dials. The gateway analyses them before it sends them',
  'do-not-call':
    'People who must not be called. Entries suppress as soon as the gateway has answered 202',
  'guest-files': 'Files for a person. Each is inspected, scanned and followed until Genesys has it',
  erasures: 'Erase a person, and read what was done',
  endpoints: 'Endpoints that receive the events of uploads',
  'genesys-events': 'Calls that Genesys makes',
  access: 'Tenants, their grants and their keys',
  audit: 'Who did what: entries, and the signed chain that shows whether an entry was changed',
  proof: 'Show others whom an upload was checked against, and what was decided about one person',
  signing: "The keys to verify the gateway's signatures",
  operations: 'Limits, probes, metrics and this document',
  problems: 'What each problem code means and how to fix it',
} as const
export type Tag = keyof typeof TAGS
