import { dirtyFile } from '../examples/demo/contacts.ts'

export const ROW_COLUMNS = ['customerId', 'firstName', 'lastName', 'phoneNumber', 'email', 'city']
const FIRST = ['Anna', 'Ben', 'Chloé', 'Dmitri', 'Emma', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jürgen']
const LAST = ['Martin', 'Smith', 'García', 'Rossi', 'Novak', 'Okafor', 'Tanaka', 'Lopez', 'Ng']
const CITIES = ['Berlin', 'Paris', 'London', 'Madrid', 'Zürich', 'Chicago', 'Austin', 'Oslo']
/** Area codes in service, so that every number is valid. */
const AREAS = ['212', '415', '312', '617', '206', '512', '303', '404']

/**
 * Written as CRMs write numbers: half of them in E.164, the others national, with and without
 * punctuation.
 */
const phoneOf = (row: number): string => {
  const area = AREAS[row % AREAS.length]!
  const number = String(2_000_000 + ((row * 7919) % 7_999_999)).padStart(7, '0')
  const [exchange, line] = [number.slice(0, 3), number.slice(3)]
  switch (row % 8) {
    case 0:
      return `(${area}) ${exchange}-${line}`
    case 1:
      return `${area}-${exchange}-${line}`
    case 2:
      return `${area}${number}`
    case 3:
      return `+44 7400 ${String(row % 1_000_000).padStart(6, '0')}`
    default:
      return `+1${area}${number}`
  }
}

type Names = { first: readonly string[]; last: readonly string[]; cities: readonly string[] }

const LATIN: Names = { first: FIRST, last: LAST, cities: CITIES }
/** Names whose letters take two or three bytes. */
const CYRILLIC: Names = {
  first: ['Анна', 'Борис', 'Дмитрий', 'Елена', 'Ольга'],
  last: ['Иванова', 'Петров', 'Смирнова', 'Кузнецов'],
  cities: ['Москва', 'Київ', 'София', 'Београд'],
}
const CJK: Names = {
  first: ['太郎', '花子', '美咲', '伟', '芳'],
  last: ['佐藤', '鈴木', '高橋', '王', '李'],
  cities: ['東京', '大阪', '北京', '上海'],
}

const cellsOf = (row: number, { first, last, cities }: Names): string[] => [
  `crm-${row}`,
  first[row % first.length]!,
  last[row % last.length]!,
  phoneOf(row),
  `user.${row}@example${row % 50}.com`,
  cities[row % cities.length]!,
]

/** A contact file of this many rows, in memory, so that only the intake is measured. */
const contactFile = (rows: number, names: Names, quote: '' | '"'): Buffer[] => {
  const pieces = [Buffer.from(`${ROW_COLUMNS.join(',')}\n`)]
  for (let from = 0; from < rows; from += 1000) {
    let text = ''
    for (let row = from; row < Math.min(rows, from + 1000); row += 1) {
      text += `${quote}${cellsOf(row, names).join(`${quote},${quote}`)}${quote}\n`
    }
    pieces.push(Buffer.from(text))
  }
  return pieces
}

/** Files of this many rows, in memory, by the name that the bench gives them. */
export const ROW_FILES: Record<string, (rows: number) => Buffer[] | Promise<Buffer[]>> = {
  plain: (rows) => contactFile(rows, LATIN, ''),
  // Numbers in all spellings, 4 % faulty rows, a quarter of the rows with a quoted cell.
  dirty: async (rows) =>
    (await Array.fromAsync(dirtyFile(rows).bytes)).map((piece) => Buffer.from(piece)),
  cyrillic: (rows) => contactFile(rows, CYRILLIC, ''),
  cjk: (rows) => contactFile(rows, CJK, ''),
  quoted: (rows) => contactFile(rows, LATIN, '"'),
}
