/** Why the engine could not start or go on. Its message is meant for a person: expected, got, what to do. */
export class StartError extends Error {
  override name = 'StartError'
}
