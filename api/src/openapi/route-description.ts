import type { ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import type { z } from 'zod'
import type { HeaderName } from './headers.ts'

/**
 * Who may call a route.
 * - `anyone`: nobody is asked who it is.
 * - `visitor`: anyone; with `AUTH_MODE=jwt` a token that is not valid is refused all the same.
 * - `customer`: anyone with `AUTH_MODE=none`, else a customer or an admin with a valid token.
 * - `admin`: a viewer or an operator for GET, an operator for the rest.
 */
export type Access = 'anyone' | 'visitor' | 'customer' | 'admin'

/** An answer of a route that is no problem. */
export interface AnswerDescription {
  description: string
  /** Of a JSON body; its examples are those of the schema. */
  schema?: z.ZodType
  /** A body that is not JSON; beside a schema, what a client gets that asks for it (`Accept`). */
  text?: { mediaType: string; example: string }
  headers?: readonly HeaderName[]
}

export interface BodyDescription {
  /** Default: JSON. */
  mediaType?: string
  schema: z.ZodType
  examples: Readonly<Record<string, unknown>>
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
  body?: BodyDescription
  answers: Readonly<Record<number, AnswerDescription>>
  /** The codes of its refusals, without those that every such route has (see `problemsOf`). */
  problems: readonly ProblemCode[]
  /** Headers of its refusals by status, beyond those that every refusal of that status has. */
  problemHeaders?: Readonly<Record<number, readonly HeaderName[]>>
}

const bodyProblems: readonly ProblemCode[] = [
  'malformed-json',
  'invalid-request',
  'body-too-large',
  'unsupported-media-type',
]

const ofCustomers: readonly ProblemCode[] = ['unauthorized', 'rate-limited', 'identity-unavailable']

const ofAdmins: readonly ProblemCode[] = ['unauthorized', 'rate-limited']

const accessProblemsOf = ({ access, method }: RouteDescription): readonly ProblemCode[] => {
  if (access === 'anyone') return []
  if (access !== 'admin') return ofCustomers
  return method === 'get' ? ofAdmins : [...ofAdmins, 'forbidden']
}

/** Every problem that a route may answer with, in no order. */
export const problemsOf = (route: RouteDescription): ProblemCode[] => {
  const { body, params, query, problems } = route
  return [
    ...new Set<ProblemCode>([
      ...problems,
      ...(body && !body.mediaType ? bodyProblems : []),
      // A path that does not decode, a query that is not what it should be.
      ...(params || query ? (['invalid-request'] as const) : []),
      ...accessProblemsOf(route),
      'internal-error',
    ]),
  ]
}

const toSignIn: AnswerDescription = {
  description: 'To the sign-in, for a browser (`Accept: text/html`) without credentials.',
  text: {
    mediaType: 'text/html',
    example: '<p>See Other. Redirecting to /admin/sign-in?next=%2Fadmin%2Fqueue</p>',
  },
  headers: ['Location'],
}

/** Every answer that is no problem, by status. */
export const answersOf = ({
  method,
  path,
  access,
  answers,
}: RouteDescription): RouteDescription['answers'] => {
  const mayBePage = access === 'admin' && method === 'get' && path.startsWith('/admin/')
  return mayBePage ? { ...answers, 303: toSignIn } : answers
}

/** Headers that every answer to the public may have: what is for visitors and customers. */
export const publicHeaders: readonly HeaderName[] = [
  'RateLimit',
  'RateLimit-Policy',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
]

/** Headers that every answer of a route may have. */
export const headersOf = ({ access }: RouteDescription): readonly HeaderName[] =>
  access === 'visitor' || access === 'customer' ? publicHeaders : []
