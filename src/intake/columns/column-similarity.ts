/**
 * Names that mean the same, as `plainName` writes them; German, French, Spanish, Italian, Dutch
 * beside English.
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
/** All of them phones, yet not the same one. */
const PHONE_GROUPS = new Set(
  ['phone', 'mobile', 'homephone', 'workphone'].map((name) => GROUP_OF.get(name)),
)

/** Confidence of names that are equal but for case, separators and diacritics. */
const SAME_NAME = 0.98
const SYNONYM = 0.93
const RELATED = 0.8
/**
 * Of names that differ by letters: never enough to be applied unasked, for one letter makes another
 * word (`contactNumber`, `contractNumber`).
 */
const MOST_BY_LETTERS = 0.89
/** Below this nothing is proposed. */
const FEWEST = 0.6
/** Longer names are not compared letter by letter. */
const LONGEST = 64
const SHORTEST = 4

const LETTERS: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' }

/** A name without case, separators and diacritics. */
const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđ]/gu, (letter) => LETTERS[letter]!)
    .replace(/[^\p{L}\p{N}]/gu, '')

/**
 * Letters put in, taken out, replaced or swapped with their neighbour (optimal string alignment).
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
const withoutNumber = (name: string): string => name.replace(/\p{N}+$/u, '')

/**
 * The parts of a name that are compared. Read once for each name, because a name is compared with
 * every column of a list.
 */
export type ComparedName = { plain: string; digits: string; bare: string }

export const comparedName = (name: string): ComparedName => {
  const plain = plainName(name)
  return { plain, digits: digitsOf(plain), bare: withoutNumber(plain) }
}

/** phone and phone1 may be the same, or the first and the second; phone1 and phone2 are not. */
const byBareName = (a: ComparedName, b: ComparedName): number => {
  if (a.digits !== '' && b.digits !== '') return 0
  return a.bare !== '' && (a.bare === b.bare || byMeaning(a.bare, b.bare) === SYNONYM) ? RELATED : 0
}

/**
 * How likely two columns with different names are the same, from 0 to 1, by their names alone. 0 if
 * the likeness is too small to mention. Names with different digits are different columns.
 * `letters: false` leaves out the comparison by letters, the only slow one.
 */
export const nameLikeness = (a: ComparedName, b: ComparedName, letters = true): number => {
  if (a.plain === '' || b.plain === '') return 0
  if (a.plain === b.plain) return SAME_NAME
  if (a.digits !== b.digits) return byBareName(a, b)
  const meaning = byMeaning(a.bare, b.bare)
  const likeness = Math.max(meaning, letters ? byLetters(a.plain, b.plain) : 0)
  return likeness < FEWEST ? 0 : likeness
}
