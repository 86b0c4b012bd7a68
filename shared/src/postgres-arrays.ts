/**
 * Array types that our statements take, for postgres.js.
 *
 * By itself it asks Postgres for them on every new connection, and awaits the answer where nobody catches its failure:
 * a connection lost at that moment ended the whole process with an unhandled rejection (seen with 3.4.9, Postgres
 * killed and restarted under load: 2 of 4 rounds).
 */
import type postgres from 'postgres'

type Items = readonly (string | number)[]

/** The literal of a one-dimensional array: every item quoted, so that none is taken for NULL. */
const literalOf = (items: Items): string =>
  `{${items.map((item) => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`

/** Object ids of the types in `pg_type`; those of built-in types never change. */
const oids = { 'uuid[]': 2_951, 'text[]': 1_009, 'integer[]': 1_007, 'timestamptz[]': 1_185 } as const

const arrayType = (oid: number): postgres.PostgresType<Items> => ({
  to: oid,
  from: [],
  serialize: literalOf,
  // Never called: no column of ours is an array.
  parse: (raw: Items) => raw,
})

/** For the option `types`, together with `fetch_types: false`. An array of any other type is refused by Postgres. */
export const arrayTypes = Object.fromEntries(
  Object.entries(oids).map(([name, oid]) => [name, arrayType(oid)]),
)
