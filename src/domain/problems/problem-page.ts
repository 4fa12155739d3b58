/** The texts on a problem's page at `/problems/{code}`, and the HTTP status of the code. */
export type ProblemPage = {
  status: number
  title: string
  meaning: string
  example: string
  fix: string
}

/** Makes the page of a code in the tables of problems. `fix` is also the `hint` of the answer. */
export const page = (
  status: number,
  title: string,
  meaning: string,
  example: string,
  fix: string,
): ProblemPage => ({
  status,
  title,
  meaning,
  example,
  fix,
})
