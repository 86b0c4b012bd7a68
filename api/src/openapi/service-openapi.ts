import { z } from 'zod'
import { readiness } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Service'

const alive: RouteDescription = {
  method: 'get',
  path: '/livez',
  id: 'isAlive',
  tag,
  summary: 'Whether this process answers',
  access: 'anyone',
  answers: {
    200: {
      description: 'It does.',
      schema: z.object({ status: z.literal('ok') }).meta({ examples: [{ status: 'ok' }] }),
    },
  },
  problems: [],
}

const ready: RouteDescription = {
  method: 'get',
  path: '/readyz',
  id: 'isReady',
  tag,
  summary: 'Whether the stores answer',
  access: 'anyone',
  answers: {
    200: { description: 'All of them do.', schema: readiness },
    503: { description: 'At least one does not; the body says which, and why.', schema: readiness },
  },
  problems: [],
}

const document: RouteDescription = {
  method: 'get',
  path: '/openapi.json',
  id: 'readDocument',
  tag,
  summary: 'This document',
  description: 'At `/docs` it can be read and tried in a browser.',
  access: 'anyone',
  answers: {
    200: {
      description: 'OpenAPI 3.1.',
      schema: z
        .looseObject({ openapi: z.string(), paths: z.looseObject({}) })
        .meta({ examples: [{ openapi: '3.1.1', paths: {} }] }),
    },
  },
  problems: [],
}

export const serviceRoutes: readonly RouteDescription[] = [alive, ready, document]
