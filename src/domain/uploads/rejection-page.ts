/** The words about a row's code. No text here ever has a cell's content. */
export type RejectionPage = { meaning: string; example: string; fix: string }

export const page = (meaning: string, example: string, fix: string): RejectionPage => ({
  meaning,
  example,
  fix,
})
