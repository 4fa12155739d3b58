/** The texts about a code of rows. They never contain the content of a cell. */
export type RejectionPage = { meaning: string; example: string; fix: string }

/**
 * Makes the texts of a code in the tables of rejections. The page at `/problems/{code}` shows them.
 */
export const page = (meaning: string, example: string, fix: string): RejectionPage => ({
  meaning,
  example,
  fix,
})
