/**
 * A national number with at most this many digits counts as a short code if it is in no numbering
 * plan.
 */
export const SHORT_DIGITS = 6

/**
 * The emergency, crisis and service codes of the countries, in one list for all countries. They are
 * refused even if a numbering plan has them.
 */
export const EMERGENCY_CODES: readonly string[] = (
  '000 08 100 101 102 103 104 105 106 108 110 111 112 113 114 115 116 117 118 119 120 122 123 128 133 140 144 ' +
  '155 158 190 191 192 193 194 197 198 199 211 311 411 511 611 711 811 911 933 988 990 991 992 993 994 995 997 998 ' +
  '999 1122 116000 116006 116111 116117 116123'
).split(' ')
