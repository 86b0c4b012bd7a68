/** What the published document says, as tests ask for it: nothing here knows the schemas it was made from. */
import { z } from 'zod'
import { openApiDocument } from '../src/openapi/document.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The document as a client reads it. */
export const publishedDocument = (): JsonObject => JSON.parse(JSON.stringify(openApiDocument())) as JsonObject

/** What is found by these names, one inside the other; an empty object when it is not there. */
export const at = (from: Json | undefined, ...names: string[]): JsonObject => {
  let found = from
  for (const name of names) found = isObject(found) ? found[name] : undefined
  return isObject(found) ? found : {}
}

/** A copy in which every reference is replaced by what it refers to. @throws when that is not in the document. */
export const dereferenced = (document: JsonObject, value: Json): Json => {
  if (Array.isArray(value)) return value.map((each) => dereferenced(document, each))
  if (!isObject(value)) return value
  if (typeof value.$ref === 'string') {
    const target = at(document, ...value.$ref.replace(/^#\//, '').split('/'))
    if (Object.keys(target).length === 0) throw new Error(`there is no ${value.$ref}`)
    return dereferenced(document, target)
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, dereferenced(document, each)]))
}

/** Clients must ignore fields that they do not know; we must not send any. */
const closed = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(closed)
  if (!isObject(schema)) return schema
  const each = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  return isObject(schema.properties) && schema.additionalProperties === undefined
    ? { ...each, additionalProperties: false }
    : each
}

const checks = new WeakMap<object, z.ZodType>()

const checkBy = (schema: JsonObject): z.ZodType => {
  const known = checks.get(schema)
  if (known) return known
  const check = z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0])
  checks.set(schema, check)
  return check
}

/** What is wrong with a value by a schema without references; undefined when nothing is. */
export const wrongBy = (schema: Json | undefined, value: unknown): string | undefined => {
  const parsed = checkBy(at(schema)).safeParse(value)
  return parsed.success ? undefined : z.prettifyError(parsed.error)
}

export interface Operation {
  method: string
  path: string
  /** Without references. */
  description: JsonObject
}

const methods = ['get', 'post', 'patch', 'put', 'delete']

export const operationsOf = (document: JsonObject): Operation[] =>
  Object.entries(at(document, 'paths')).flatMap(([path, item]) =>
    Object.entries(at(item))
      .filter(([method]) => methods.includes(method))
      .map(([method, description]) => ({
        method,
        path,
        description: at(dereferenced(document, description)),
      })),
  )

/** All media types of an operation, those of its requests and of its answers, with where they stand. */
export const contentsOf = ({
  method,
  path,
  description,
}: Operation): [where: string, content: JsonObject][] => {
  const answers = Object.entries(at(description, 'responses')).map(([status, answer]): [string, Json] => [
    status,
    answer,
  ])
  const all: [string, Json][] = [['request', at(description, 'requestBody')], ...answers]
  return all.flatMap(([where, holder]) =>
    Object.entries(at(holder, 'content')).map(([type, content]): [string, JsonObject] => [
      `${method} ${path} ${where} ${type}`,
      at(content),
    ]),
  )
}
