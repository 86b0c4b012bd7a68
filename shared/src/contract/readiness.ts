import { z } from 'zod'

const checkSchema = z.string().describe('`ok`, or why not')

/** Answer of `GET /readyz`: 200 when every part is `ok`, else 503 with the reason beside the part's name. */
export const readinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.object({ redis: checkSchema, postgres: checkSchema, schema: checkSchema }),
  })
  .meta({
    description: 'Whether the api can do its work, and what it lacks.',
    examples: [{ ready: true, checks: { redis: 'ok', postgres: 'ok', schema: 'ok' } }],
  })
export type Readiness = z.infer<typeof readinessSchema>
