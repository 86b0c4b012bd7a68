import type { ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import type { z } from 'zod'
import type { HeaderName } from './headers.ts'

/** Who may call a route. `customer`: anyone without authentication, with it a customer or an admin. */
export type Access = 'anyone' | 'customer' | 'admin'

/** An answer of a route with a status below 400. */
export interface AnswerDescription {
  description: string
  /** Of a JSON body; its examples are those of the schema. Absent: no body, or one of another media type. */
  schema?: z.ZodType
  /** Of a body that is not JSON. */
  mediaType?: string
  headers?: readonly HeaderName[]
}

/** All that is published of one method at one path: the one place where it is described. */
export interface RouteDescription {
  method: 'get' | 'post' | 'patch' | 'put' | 'delete'
  /** As OpenAPI writes it: `/products/{id}`. */
  path: string
  /** The name of the operation, for those who generate code from the document. */
  id: string
  tag: string
  summary: string
  description?: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: { schema: z.ZodType; examples: Readonly<Record<string, unknown>> }
  answers: Readonly<Record<number, AnswerDescription>>
  /** The codes of its refusals, without those that every such route has (see `problemsOf`). */
  problems: readonly ProblemCode[]
}

const bodyProblems: readonly ProblemCode[] = [
  'malformed-json',
  'invalid-request',
  'body-too-large',
  'unsupported-media-type',
]

/** Every problem that a route may answer with, in no order. */
export const problemsOf = ({ body, params, query, access, problems }: RouteDescription): ProblemCode[] => [
  ...new Set<ProblemCode>([
    ...problems,
    ...(body ? bodyProblems : []),
    // A path that does not decode, a query that is not what it should be.
    ...(params || query ? (['invalid-request'] as const) : []),
    ...(access === 'admin' ? (['unauthorized'] as const) : []),
    'internal-error',
  ]),
]
