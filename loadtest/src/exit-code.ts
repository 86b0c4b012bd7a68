/** What the exit code of the load test says. */
export const exitCodes = { exact: 0, couldNotRun: 1, badUsage: 2, broken: 3 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
