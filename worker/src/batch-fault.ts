/** Why the jobs of a batch failed: a bug. Names the batch, so that the log line of each job does. */
export class BatchFault extends Error {
  override name = 'BatchFault'
  /** As the log calls the batch, see batch-id.ts. */
  readonly batchId: string

  constructor(batchId: string, cause: unknown) {
    super(
      `batch ${batchId} could not be settled: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    )
    this.batchId = batchId
  }
}
