/** The load test cannot be carried out: reported as one line, exit code 1, no stack. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun'
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
