/** Headers of answers, by name, as the document describes them. */
export const answerHeaders = {
  'X-Request-Id': {
    description: "The request's id in our logs: the one that a proxy sent, or one of ours.",
    schema: { type: 'string' },
    example: '5d2c1a52-1d0a-4d0c-9c61-2b1f0a7f9d3e',
  },
  Location: {
    description: 'Where to look, as an address without a host.',
    schema: { type: 'string' },
    example: '/purchases/019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
  },
  'Retry-After': {
    description: 'Whole seconds after which to ask again.',
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
  'Idempotency-Replayed': {
    description: '`true` when this purchase was accepted by an earlier call with the same key.',
    schema: { type: 'string', const: 'true' },
    example: 'true',
  },
  'Preference-Applied': {
    description: 'The preference that was heeded (RFC 7240); absent when the answer was not held.',
    schema: { type: 'string' },
    example: 'wait=10',
  },
  RateLimit: {
    description:
      'Where rates are limited: what is left (`r`), and for how many seconds (`t`), of each limit.',
    schema: { type: 'string' },
    example: '"per-customer"; r=29; t=60',
  },
  'RateLimit-Policy': {
    description: 'Where rates are limited: how many requests (`q`) in how many seconds (`w`), of each limit.',
    schema: { type: 'string' },
    example: '"per-customer"; q=30; w=60; pk=:MTcwOWFlNTk0ODA5:',
  },
  Allow: {
    description: 'The methods that this address answers.',
    schema: { type: 'string' },
    example: 'GET, HEAD',
  },
  'WWW-Authenticate': {
    description: 'Which credentials are needed.',
    schema: { type: 'string' },
    example: 'Bearer realm="Flash Sale Engine", error="invalid_token"',
  },
  'Set-Cookie': {
    description: 'The session of an admin, or its end.',
    schema: { type: 'string' },
    example: 'flash-sale-admin=; Max-Age=0; Path=/admin; HttpOnly; SameSite=Strict',
  },
  'Access-Control-Allow-Origin': {
    description: 'The page that asks may read the answer: its origin, which is one of `CORS_ORIGINS`.',
    schema: { type: 'string' },
    example: 'https://shop.example',
  },
  'Access-Control-Expose-Headers': {
    description: 'Where `CORS_ORIGINS` is set: the headers that a page of another origin may read.',
    schema: { type: 'string' },
    example: 'Location,Retry-After,RateLimit,RateLimit-Policy',
  },
  'Access-Control-Allow-Methods': {
    description: 'What a page of another origin may call.',
    schema: { type: 'string' },
    example: 'GET,HEAD,POST',
  },
  'Access-Control-Allow-Headers': {
    description: 'The headers that it may send: those that it asked for.',
    schema: { type: 'string' },
    example: 'content-type,idempotency-key',
  },
  'Access-Control-Max-Age': {
    description: 'For how many seconds a browser may remember this.',
    schema: { type: 'integer', minimum: 0 },
    example: 600,
  },
} as const

export type HeaderName = keyof typeof answerHeaders

/** References to these headers, and to those that every answer has. */
export const headerRefs = (names: readonly HeaderName[]): Record<string, { $ref: string }> =>
  Object.fromEntries(
    ['X-Request-Id', ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  )
