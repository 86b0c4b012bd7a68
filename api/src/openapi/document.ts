/** The OpenAPI document, made from the schemas that validate and from what each route says about itself. */
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi'
import { adminRoutes } from './admin-openapi.ts'
import { adminProductRoutes } from './admin-products-openapi.ts'
import { customerRoutes } from './customers-openapi.ts'
import { answerHeaders, headerRefs } from './headers.ts'
import { lockRoutes } from './locks-openapi.ts'
import { namedSchemas } from './named-schemas.ts'
import { productRoutes } from './products-openapi.ts'
import { purchaseRoutes } from './purchases-openapi.ts'
import { problemAnswer, routeConfigOf } from './route-config.ts'
import { publicHeaders, type RouteDescription } from './route-description.ts'
import { serviceRoutes } from './service-openapi.ts'
import { shopRoutes } from './shop-openapi.ts'
import { signInRoutes } from './sign-in-openapi.ts'

/** Every route that is published. */
export const routes: readonly RouteDescription[] = [
  ...purchaseRoutes,
  ...customerRoutes,
  ...productRoutes,
  ...adminProductRoutes,
  ...adminRoutes,
  ...signInRoutes,
  ...lockRoutes,
  ...serviceRoutes,
  ...shopRoutes,
]

const description = `Takes every purchase into a queue that people can see, and settles many of them in one transaction.

**Errors** are \`application/problem+json\` (RFC 9457) with a \`code\` that never changes its meaning. A method that an
address does not answer is 405 \`method-not-allowed\` with \`Allow\`; what answers GET answers HEAD as well; an address that
does not exist is 404 \`unknown-route\`. What is no whole HTTP request is answered 400 (also one without \`Host\`), 408 (headers
not there after 10 s, or the whole after 15 s), 413 or 431 (headers over 8 kB) with \`"type": "about:blank"\` and no \`code\`, and
the connection closed. Whoever neither sends nor reads for 60 s is cut off.

**Who calls**: with \`AUTH_MODE=none\` the api knows no customers, and purchases name their \`customerId\`. With
\`AUTH_MODE=jwt\` purchases, orders and lists of customers need a token, whose \`sub\` is the customer; what belongs to
somebody else is answered as if it did not exist, except to admins, who may see it. What is below \`/admin\` and \`/metrics\`
needs an admin in either mode, but for the sign-in: a viewer reads, an operator writes as well. Who comes too often with a
wrong token is answered 429. Who may come near is decided first, so that an address which does not exist can be answered 401,
403, 429 or 503, too, and below \`/admin\` a browser 303 to the sign-in.

**Pages of other origins** may call purchases, orders, customers and products, where \`CORS_ORIGINS\` names their origins.
There OPTIONS is answered 204, whatever the address, as the response \`Preflight\` says; elsewhere it is a method that no
address answers. No cookies: who calls is said by \`Authorization\`.

**Bodies** are JSON in UTF-8 of at most 4 kB, except the form of the sign-in; unknown fields are refused. Clients must ignore
fields of answers that they do not know.`

const registryOf = (all: readonly RouteDescription[]): OpenAPIRegistry => {
  const registry = new OpenAPIRegistry([namedSchemas])
  for (const [name, header] of Object.entries(answerHeaders)) {
    registry.registerComponent('headers', name, header)
  }
  registry.registerComponent('securitySchemes', 'customer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A token of the customer, where the engine runs with `AUTH_MODE=jwt`; its `sub` is the customer.',
  })
  registry.registerComponent('securitySchemes', 'admin', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of an admin; `npm run admin-token` makes one.',
  })
  registry.registerComponent('securitySchemes', 'adminBasic', {
    type: 'http',
    scheme: 'basic',
    description: "An admin's name and secret.",
  })
  registry.registerComponent('securitySchemes', 'adminSession', {
    type: 'apiKey',
    in: 'cookie',
    name: 'flash-sale-admin',
    description:
      'The session of an admin who signed in with a browser, behind TLS called `__Secure-flash-sale-admin`. It writes ' +
      'only from pages of the same host.',
  })
  for (const route of all) registry.registerPath(routeConfigOf(route))
  return registry
}

/** What is answered where there is no route, hence part of no operation. */
const answersBeyondRoutes = () => ({
  UnknownRoute: problemAnswer(404, ['unknown-route'], publicHeaders),
  MethodNotAllowed: problemAnswer(405, ['method-not-allowed'], publicHeaders),
})

/** The answer to OPTIONS, which is not ours to choose and the same at every address: hence part of no operation either. */
const preflight = () => ({
  description: 'What a page of another origin may do; without its origin in `CORS_ORIGINS`: nothing.',
  headers: headerRefs([
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Methods',
    'Access-Control-Allow-Headers',
    'Access-Control-Max-Age',
    'Access-Control-Expose-Headers',
  ]),
})

/** The document of these routes; an object of plain JSON. */
export const openApiDocument = (all: readonly RouteDescription[] = routes) => {
  const registry = registryOf(all)
  for (const [name, answer] of Object.entries(answersBeyondRoutes())) {
    const [mediaType] = Object.keys(answer.content)
    const { examples } = answer.content['application/problem+json']
    registry.registerComponent('responses', name, {
      ...answer,
      content: { [String(mediaType)]: { schema: { $ref: '#/components/schemas/Problem' }, examples } },
    })
  }
  registry.registerComponent('responses', 'Preflight', preflight())
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.1',
    info: {
      title: 'Flash Sale Engine',
      version: '0.1.0',
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  })
}
