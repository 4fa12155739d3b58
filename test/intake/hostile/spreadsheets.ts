import { HEADER, utf8 } from './hostile-file.ts'
import type { HostileFile } from './hostile-file.ts'

const phone = (written: string, region = 'US') => ({
  bytes: utf8(`${HEADER}\nc1,Ann,"${written}",\n`),
  changes: { options: { defaultRegion: region } },
  show: [2],
})
const refusedAs = (code: string) => ({ rows: [], rejections: { [code]: 1 } })

export const SPREADSHEET_FILES: readonly HostileFile[] = [
  {
    name: 'a phone in scientific notation',
    why: 'Excel rounds a long number; the digits are gone, nothing may be dialled',
    ...phone('1.4155E+10'),
    expected: refusedAs('phone-scientific'),
  },
  {
    name: 'a phone in scientific notation with a comma',
    why: 'the same in a German Excel',
    ...phone('4,91701E+11', 'DE'),
    expected: refusedAs('phone-scientific'),
  },
  {
    name: 'an apostrophe before a phone',
    why: "a spreadsheet's mark of text, or a guard against formulas: no part of a number",
    ...phone("'+14155552671"),
    expected: { rows: ['c1|+14155552671'] },
  },
  {
    name: 'a curly apostrophe before a national phone',
    why: 'the mark after a word processor',
    ...phone('’(415) 555-2671'),
    expected: { rows: ['c1|+14155552671'] },
  },
  {
    name: 'two apostrophes before a phone',
    why: 'guarded, and marked as text before: each is undone by the one who knows it',
    ...phone("''+14155552671"),
    expected: { rows: ['c1|+14155552671'] },
  },
  {
    name: 'a formula for a phone',
    why: 'written so that Excel keeps the digits; it is no number',
    ...phone('=""+14155552671""'),
    expected: refusedAs('phone-invalid'),
  },
  {
    name: '00 where it is no exit code',
    why: 'read as national it would be another number of the region',
    ...phone('0044 7400 123456'),
    expected: refusedAs('phone-exit-code'),
  },
  {
    name: '00 where it is the exit code',
    why: 'the usual way to write a foreign number in Europe',
    ...phone('0044 7400 123456', 'DE'),
    expected: { rows: ['c1|+447400123456'] },
  },
  {
    name: 'a leading zero lost',
    why: 'in Italy it belongs to the number: Excel takes it away',
    ...phone('669812345', 'IT'),
    expected: refusedAs('phone-leading-zero-lost'),
  },
  {
    name: 'a plus lost',
    why: 'Excel makes a number of +447400123456; which country was meant is for the sender to say',
    ...phone('447400123456'),
    expected: refusedAs('phone-plus-lost'),
  },
  {
    name: 'a phone with white space that does not break, and one that has no width',
    why: 'copied from a web page',
    ...phone('\u{a0}+1 415\u{a0}555\u{a0}2671'),
    expected: { rows: ['c1|+14155552671'] },
  },
  {
    name: 'an id in scientific notation',
    why: 'thousands of ids become the same one: all contacts but one would be overwritten',
    bytes: utf8(`${HEADER}\n1.23457E+15,Ann,+14155552671,\n"1,23457E+15",Bob,+14155552672,\n`),
    expected: { rows: [], rejections: { 'contact-id-scientific': 2 } },
  },
  {
    name: 'an id with an apostrophe',
    why: 'stripped it might meet another id: ids are never changed',
    bytes: utf8(`${HEADER}\n'A17,Ann,+14155552671,\n`),
    expected: refusedAs('contact-id-apostrophe'),
  },
  {
    name: 'an id with leading zeros behind an apostrophe',
    why: 'the guard without which a spreadsheet takes the zeros away: no part of the id',
    bytes: utf8(`${HEADER}\n'00017,Ann,+14155552671,\n`),
    expected: { rows: ['00017|Ann'] },
  },
  {
    name: 'an id with leading zeros',
    why: '00017 is not 17: it stays text',
    bytes: utf8(`${HEADER}\n00017,Ann,+14155552671,\n17,Bob,+14155552672,\n`),
    expected: { rows: ['00017|Ann', '17|Bob'] },
  },
  {
    name: 'an error of a formula for a phone',
    why: 'a lookup that found nothing',
    ...phone('#N/A'),
    expected: refusedAs('phone-invalid'),
  },
]
