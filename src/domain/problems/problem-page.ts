/** The texts on a problem's page at `/problems/{code}`, and the HTTP status of the code. */
export type ProblemPage = {
  status: number
  title: string
  meaning: string
  example: string
  fix: string
}

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
