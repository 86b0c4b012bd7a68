/** The typed client outside of this project: its files copied to a place that has nothing else, run by Node as they are. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServedApi, serveApi } from './served-api.ts'

const run = promisify(execFile)
const contract = new URL('../../shared/src/contract/', import.meta.url)
const stores = isolatedStores()
let api: ServedApi
let directory: string
let files: string[]

/** A shop's program. Its last line would not compile if the types were lost on the way. */
const program = (url: string, productId: number): string => `
import { createClient } from './flash-sale/client.ts'
import { ClientFault } from './flash-sale/client-fault.ts'
import type { PurchaseStatus } from './flash-sale/client-types.ts'

const shop = createClient({ baseUrl: '${url}' })
const bought = await shop.buy({ productId: ${productId}, customerId: 'c-17' })
if (bought.kind === 'refused') throw new Error(bought.problem.detail)
const seen = await shop.purchase(bought.jobId)
if (seen.kind === 'refused') throw new Error(seen.problem.detail)
const refused = await shop.buy({ productId: 2_000_000, customerId: 'c-17' })
const unheard = await createClient({ baseUrl: 'http://127.0.0.1:1' }).product(1).catch((fault: unknown) => fault)
console.log(JSON.stringify({
  replayed: bought.replayed,
  status: seen.value.status satisfies PurchaseStatus,
  refused: refused.kind === 'refused' ? refused.problem.code : 'accepted',
  unheard: unheard instanceof ClientFault ? unheard.reason : 'heard',
}))
// @ts-expect-error: there is no such status
seen.value.status satisfies 'paid'
`

beforeAll(async () => {
  api = await serveApi(stores)
  const names = await readdir(contract)
  files = names.filter((name) => /^client(-\w+)?\.ts$/.test(name)).toSorted()
  directory = await mkdtemp(join(tmpdir(), 'flash-sale-client-'))
  await mkdir(join(directory, 'flash-sale'))
  for (const name of files) await cp(new URL(name, contract), join(directory, 'flash-sale', name))
  const productId = await api.createProduct()
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  await writeFile(join(directory, 'shop.ts'), program(`http://127.0.0.1:${api.port}`, productId))
})
afterAll(async () => {
  await api.close()
  await rm(directory, { recursive: true, force: true })
})

test('it buys, without a package, a build or a word from Node', async () => {
  const { stdout, stderr } = await run(process.execPath, ['shop.ts'], { cwd: directory, env: {} })
  expect(JSON.parse(stdout)).toEqual({
    replayed: false,
    status: 'queued',
    refused: 'unknown-product',
    unheard: 'network',
  })
  expect(stderr).toBe('')
})

const types = { target: 'es2022', lib: ['es2022', 'dom'], module: 'nodenext', types: [] }
test.each([
  ['as most projects have it', { strict: true, noEmit: true, allowImportingTsExtensions: true }],
  [
    'by the strictest rules',
    {
      ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
      ...{ noImplicitOverride: true, noImplicitReturns: true },
      ...{ noUnusedLocals: true, noUnusedParameters: true, isolatedModules: true },
      ...{
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        noEmit: true,
        allowImportingTsExtensions: true,
      },
    },
  ],
  [
    'to JavaScript',
    { strict: true, rewriteRelativeImportExtensions: true, declaration: true, outDir: 'dist' },
  ],
])('it compiles %s, with nothing but the types of a browser', { timeout: 60_000 }, async (_what, rules) => {
  const compilerOptions = { ...types, ...rules }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const compiled = run(process.execPath, [compiler, '-p', directory], { cwd: directory })
  await expect(compiled).resolves.toMatchObject({ stdout: '' })
})

test('what was compiled buys as well', async () => {
  const { stdout } = await run(process.execPath, ['dist/shop.js'], { cwd: directory, env: {} })
  expect(JSON.parse(stdout)).toMatchObject({ status: 'queued' })
})

test('the README names these files', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`these ${files.length} files`)
  for (const name of files) expect(readme).toContain(`\`${name}\``)
})

test("the README's curl makes a key with nothing but what the engine needs anyway", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, command = ''] = /"Idempotency-Key: \$\((.+?)\)" -H/.exec(readme) ?? []
  // Without a key curl leaves the header out, and a purchase that is sent again could become two.
  const { stdout } = await run('/bin/sh', ['-c', command], { env: { PATH: dirname(process.execPath) } })
  expect(stdout.trim()).toMatch(/^[\da-f-]{36}$/)
})
