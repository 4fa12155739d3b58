/**
 * Groups of names that mean the same in English, German, French, Spanish, Italian or Dutch. They
 * are written in the form of `plainName`.
 */
const SYNONYMS: readonly (readonly string[])[] = [
  ['contactid', 'contactnumber', 'contactno', 'idcontact', 'kontaktid', 'kontaktnummer'].concat([
    'idcontacto',
    'idcontatto',
    'contactnummer',
  ]),
  [
    'customerid',
    'customernumber',
    'customerno',
    'customernr',
    'customerkey',
    'custid',
    'custno',
  ].concat(
    ['clientid', 'clientnumber', 'clientno', 'kundennummer', 'kundennr', 'kundenid', 'kdnr'],
    ['numeroclient', 'idclient', 'codeclient', 'numerodecliente', 'numerocliente', 'idcliente'],
    ['codicecliente', 'klantnummer', 'klantnr', 'klantid', 'clientenummer'],
  ),
  ['firstname', 'givenname', 'forename', 'fname', 'vorname', 'prenom', 'voornaam'],
  ['lastname', 'surname', 'familyname', 'lname', 'nachname', 'familienname', 'nomdefamille'].concat(
    ['apellido', 'apellidos', 'cognome', 'achternaam'],
  ),
  ['phone', 'phonenumber', 'phoneno', 'telephone', 'telephonenumber', 'tel', 'telno'].concat([
    'telefon',
    'telefonnummer',
    'rufnummer',
    'telefono',
    'telefoon',
    'telefoonnummer',
  ]),
  [
    'mobile',
    'mobilephone',
    'mobilenumber',
    'mobilephonenumber',
    'cell',
    'cellphone',
    'cellnumber',
  ].concat(['handy', 'handynummer', 'mobil', 'mobilnummer', 'mobiltelefon', 'movil', 'cellulare']),
  ['homephone', 'homephonenumber', 'privatephone', 'telefonprivat'],
  ['workphone', 'workphonenumber', 'businessphone', 'officephone', 'telefongeschaeftlich'],
  [
    'email',
    'emailaddress',
    'mail',
    'mailaddress',
    'emailadresse',
    'mailadresse',
    'courriel',
  ].concat(['correoelectronico', 'indirizzoemail', 'emailadres']),
  ['zip', 'zipcode', 'postalcode', 'postcode', 'plz', 'postleitzahl', 'codepostal', 'codigopostal'],
  ['city', 'town', 'stadt', 'ort', 'wohnort', 'ville', 'ciudad', 'citta', 'plaats'],
  ['street', 'streetaddress', 'strasse', 'rue', 'calle', 'straat'],
  ['country', 'land', 'pays', 'pais', 'paese'],
  ['dateofbirth', 'birthdate', 'birthday', 'dob', 'geburtsdatum', 'datedenaissance'].concat([
    'fechadenacimiento',
    'datadinascita',
    'geboortedatum',
  ]),
  ['company', 'companyname', 'firma', 'societe', 'empresa', 'azienda', 'bedrijf'],
  ['language', 'sprache', 'langue', 'idioma', 'lingua', 'taal'],
]
const GROUP_OF = new Map(SYNONYMS.flatMap((names, group) => names.map((name) => [name, group])))
/** Groups that all mean phones, but different kinds of phones. */
const PHONE_GROUPS = new Set(
  ['phone', 'mobile', 'homephone', 'workphone'].map((name) => GROUP_OF.get(name)),
)

/** The confidence for names that differ only in case, separators and accents. */
const SAME_NAME = 0.98
const SYNONYM = 0.93
const RELATED = 0.8
/**
 * The highest confidence for names that are compared letter by letter. With this confidence, a
 * proposal always needs a confirmation, because one letter can make another word (`contactNumber`,
 * `contractNumber`).
 */
const MOST_BY_LETTERS = 0.89
/** The lowest confidence of a proposal. */
const FEWEST = 0.6
/** The most letters of a name that is compared letter by letter. */
const LONGEST = 64
const SHORTEST = 4

const LETTERS: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' }

/** A name in lower case, without separators and accents. */
const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđ]/gu, (letter) => LETTERS[letter]!)
    .replace(/[^\p{L}\p{N}]/gu, '')

/**
 * The number of letters that must be inserted, deleted, replaced or swapped with their neighbour to
 * turn one name into the other (optimal string alignment).
 */
const editDistance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row]
    for (let at = 1; at <= b.length; at += 1) {
      const same = a[row - 1] === b[at - 1]
      let cost = Math.min(last[at]! + 1, next[at - 1]! + 1, last[at - 1]! + (same ? 0 : 1))
      const swapped = row > 1 && at > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1]
      if (swapped) cost = Math.min(cost, before[at - 2]! + 1)
      next.push(cost)
    }
    before = last
    last = next
  }
  return last[b.length]!
}

const byMeaning = (a: string, b: string): number => {
  const [groupA, groupB] = [GROUP_OF.get(a), GROUP_OF.get(b)]
  if (groupA === undefined || groupB === undefined) return 0
  if (groupA === groupB) return SYNONYM
  return PHONE_GROUPS.has(groupA) && PHONE_GROUPS.has(groupB) ? RELATED : 0
}

const byLetters = (a: string, b: string): number => {
  const longer = Math.max(a.length, b.length)
  const shorter = Math.min(a.length, b.length)
  if (shorter < SHORTEST || longer > LONGEST || shorter < longer * FEWEST) return 0
  const likeness = 1 - editDistance(a, b) / longer
  return Math.round(likeness * MOST_BY_LETTERS * 100) / 100
}

const digitsOf = (name: string): string => name.replace(/\P{N}/gu, '')
// The search may begin only where the digits begin. Otherwise, if a letter follows the digits, the
// time would grow with the square of their number.
const withoutNumber = (name: string): string => name.replace(/(?<!\p{N})\p{N}+$/u, '')

/**
 * The forms of a name that are compared. They are made once, because each name is compared with
 * every column of the list.
 */
export type ComparedName = { plain: string; digits: string; bare: string }

/**
 * Makes the forms of a name. `plain` is empty if the name has no letter and no digit. Such a name
 * resembles no other name.
 */
export const comparedName = (name: string): ComparedName => {
  const plain = plainName(name)
  return { plain, digits: digitsOf(plain), bare: withoutNumber(plain) }
}

/**
 * Compares names whose digits differ. `phone` and `phone1` can be the same column. `phone1` and
 * `phone2` are never the same column.
 */
const byBareName = (a: ComparedName, b: ComparedName): number => {
  if (a.digits !== '' && b.digits !== '') return 0
  return a.bare !== '' && (a.bare === b.bare || byMeaning(a.bare, b.bare) === SYNONYM) ? RELATED : 0
}

/**
 * How likely it is, by the names alone, that two columns are the same: a number from 0 to 1. 0: not
 * likely enough for a proposal. `letters: false` skips the comparison by letters, because this
 * comparison is slow.
 */
export const nameLikeness = (a: ComparedName, b: ComparedName, letters = true): number => {
  if (a.plain === '' || b.plain === '') return 0
  if (a.plain === b.plain) return SAME_NAME
  if (a.digits !== b.digits) return byBareName(a, b)
  const meaning = byMeaning(a.bare, b.bare)
  const likeness = Math.max(meaning, letters ? byLetters(a.plain, b.plain) : 0)
  return likeness < FEWEST ? 0 : likeness
}
