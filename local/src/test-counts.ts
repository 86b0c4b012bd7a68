import { z } from 'zod'

/** How many checks or tests went which way. */
export interface Counts {
  passed: number
  failed: number
}

const reportSchema = z.object({
  numPassedTests: z.int(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
})

/**
 * Counts what Vitest's JSON report says. A file that failed although none of its tests did (it could not be loaded,
 * or has left something open) counts as one failure; so does a run that failed for another reason.
 * @param report text of the report; undefined when there is none.
 * @param ok whether Vitest ended with exit code 0.
 */
export const countTests = (report: string | undefined, ok: boolean): Counts => {
  if (report === undefined) return { passed: 0, failed: ok ? 0 : 1 }
  const { numPassedTests, testResults } = reportSchema.parse(JSON.parse(report))
  const failures = testResults.map(({ status, assertionResults }) => {
    const failedTests = assertionResults.filter((result) => result.status === 'failed').length
    return status === 'failed' ? Math.max(1, failedTests) : failedTests
  })
  const failed = failures.reduce((sum, count) => sum + count, 0)
  return { passed: numPassedTests, failed: failed === 0 && !ok ? 1 : failed }
}
