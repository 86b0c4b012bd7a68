/** How a route's description becomes an operation of the document. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { type ProblemCode, problems } from '@flash-sale/shared/contract/problem.ts'
import type { z } from 'zod'
import { type HeaderName, headerRefs } from './headers.ts'
import { problem } from './named-schemas.ts'
import { problemExample } from './problem-examples.ts'
import {
  type AnswerDescription,
  answersOf,
  type BodyDescription,
  headersOf,
  problemsOf,
  type RouteDescription,
} from './route-description.ts'

type Answer = RouteConfig['responses'][string]

const examplesOf = (schema: z.ZodType): Record<string, { value: unknown }> | undefined => {
  const examples = schema.meta()?.examples
  if (!Array.isArray(examples)) return undefined
  return Object.fromEntries(examples.map((value, at) => [`example ${at + 1}`, { value }]))
}

const answerOf = (
  { description, schema, text, headers = [] }: AnswerDescription,
  more: readonly HeaderName[],
): Answer => {
  const answer = { description, headers: headerRefs([...headers, ...more]) }
  if (!schema && !text) return answer
  const examples = schema && examplesOf(schema)
  const textExamples = { 'example 1': { value: text?.example } }
  return {
    ...answer,
    content: {
      ...(schema ? { 'application/json': { schema, ...(examples ? { examples } : {}) } } : {}),
      ...(text ? { [text.mediaType]: { schema: { type: 'string' }, examples: textExamples } } : {}),
    },
  }
}

const headersOfProblem = (status: number, codes: readonly ProblemCode[]): HeaderName[] => {
  // Wrong tokens are counted.
  if (status === 401) return ['WWW-Authenticate', 'RateLimit', 'RateLimit-Policy']
  if (status === 405) return ['Allow']
  if (status === 429) return ['Retry-After', 'RateLimit', 'RateLimit-Policy']
  return status === 503 || codes.includes('sale-not-open') ? ['Retry-After'] : []
}

/** The answer for problems of one status. */
export const problemAnswer = (
  status: number,
  codes: readonly ProblemCode[],
  more: readonly HeaderName[] = [],
) => ({
  description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('\n\n'),
  headers: headerRefs([...headersOfProblem(status, codes), ...more]),
  content: {
    'application/problem+json': {
      schema: problem,
      examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])),
    },
  },
})

type Security = NonNullable<RouteConfig['security']>

/** Admins see what belongs to customers; they buy nothing. */
const ofCustomers = (method: string): Security =>
  method === 'get' ? [{}, { customer: [] }, { admin: [] }, { adminBasic: [] }] : [{}, { customer: [] }]

const securityOf = ({ access, method }: RouteDescription): Security => {
  if (access === 'anyone') return []
  if (access !== 'admin') return ofCustomers(method)
  return [{ admin: [] }, { adminBasic: [] }, { adminSession: [] }]
}

const problemAnswersOf = (route: RouteDescription): Record<string, Answer> => {
  const codes = problemsOf(route)
  const statuses = new Set(codes.map((code): number => problems[code].status))
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      problemAnswer(
        status,
        codes.filter((code) => problems[code].status === status),
        [...(route.problemHeaders?.[status] ?? []), ...headersOf(route)],
      ),
    ]),
  )
}

const requestBodyOf = ({ mediaType = 'application/json', schema, examples }: BodyDescription) => {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }])
  return { required: true, content: { [mediaType]: { schema, examples: Object.fromEntries(named) } } }
}

/** Everything that is published of a route, in the form of the library. */
export const routeConfigOf = (route: RouteDescription): RouteConfig => {
  const { method, path, id, tag, summary, description, params, query, headers, body } = route
  const answers = Object.entries(answersOf(route))
  return {
    method,
    path,
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    security: securityOf(route),
    request: {
      ...(params ? { params } : {}),
      ...(query ? { query } : {}),
      ...(headers ? { headers } : {}),
      ...(body ? { body: requestBodyOf(body) } : {}),
    },
    responses: {
      ...problemAnswersOf(route),
      ...Object.fromEntries(answers.map(([status, answer]) => [status, answerOf(answer, headersOf(route))])),
    },
  }
}
