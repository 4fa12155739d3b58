/** What people read of a row's code. No word here ever holds a cell's content. */
export type RejectionPage = { meaning: string; example: string; fix: string }

export const page = (meaning: string, example: string, fix: string): RejectionPage => ({
  meaning,
  example,
  fix,
})
