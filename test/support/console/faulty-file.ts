/** A name that a page must show as text, and not as markup. */
export const HOSTILE = '<img src=x onerror=alert(1)>'

/**
 * Ten rows with faults, after some that are accepted. The list has no columns `phone number` and
 * `nonsense`.
 */
export const fileOf = (prefix: string, good = 5): string =>
  [
    'customerId,firstName,lastName,phone number,email,city,nonsense',
    ...Array.from(
      { length: good },
      (_, at) => `${prefix}-${at},${HOSTILE},Lo,+121255510${10 + at},,Bonn,x`,
    ),
    ...['12', 'abc', '+1', '55'].map((phone, at) => `${prefix}-p${at},Bob,Lo,${phone},,,`),
    ',Cy,Lo,+12125551050,,,',
    ',Di,Lo,+12125551051,,,',
    `${prefix}-m,Ed,Lo,+12125551052,nobody,,`,
    `${prefix}-r,Fay`,
    `${prefix} i!,Guy,Lo,+12125551053,,,`,
    `${prefix}-b,Hal,${HOSTILE},7,nobody,,`,
  ].join('\n')
