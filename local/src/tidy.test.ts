import { describe, expect, test } from 'vitest'
import { tidyProblems } from './tidy.ts'

const problemsOf = (path: string, text: string, ...others: string[]): string[] =>
  tidyProblems([{ path, text }, ...others.map((other) => ({ path: other, text: '' }))])

describe('imports', () => {
  const allowed: [from: string, statement: string][] = [
    ['api/src/app.ts', "import { a } from './listen.ts'"],
    ['api/src/app.ts', "import { a } from '@flash-sale/shared/queue.ts'"],
    ['api/src/app.ts', "import express from 'express'"],
    ['worker/src/main.ts', "import { a } from '@flash-sale/shared/queue.ts'"],
    ['loadtest/src/client.ts', "import type { Product } from '@flash-sale/shared/contract/product.ts'"],
    ['loadtest/src/client.ts', "import { createClient } from '@flash-sale/shared/contract/client.ts'"],
    ['loadtest/src/submit.ts', "import { ClientFault } from '@flash-sale/shared/contract/client-fault.ts'"],
    ['local/src/start.ts', "import { migrate } from '@flash-sale/shared/migrate.ts'"],
    ['api/test/app.test.ts', "import { startEngine } from '@flash-sale/local/engine.ts'"],
    ['loadtest/bench/main.ts', "import { startEngine } from '../../local/src/engine.ts'"],
    ['loadtest/bench/main.ts', "import { a } from './stores.ts'"],
    ['loadtest/test/run.test.ts', "import { seed } from '../../local/src/seed.ts'"],
  ]
  test.each(allowed)('%s: %s', (path, statement) => {
    expect(problemsOf(path, statement)).toEqual([])
  })

  const refused: [from: string, statement: string, rest: string][] = [
    ['api/src/app.ts', "import { a } from '../../worker/src/settle.ts'", 'worker/src/settle.ts'],
    ['worker/src/main.ts', "import { a } from '@flash-sale/api/app.ts'", 'api/src/app.ts'],
    ['worker/src/main.ts', "import { a } from '@flash-sale/local/engine.ts'", 'local/src/engine.ts'],
    ['shared/src/queue.ts', "import type { A } from '../../api/src/app.ts'", 'api/src/app.ts'],
    ['shared/src/queue.ts', "export { a } from '@flash-sale/local/seed.ts'", 'local/src/seed.ts'],
    ['local/src/start.ts', `await ${'import'}('../../api/src/main.ts')`, 'api/src/main.ts'],
    [
      'loadtest/src/a.ts',
      "import { a } from '@flash-sale/shared/contract/product.ts'",
      'shared/src/contract',
    ],
    ['loadtest/src/a.ts', "import type { A } from '@flash-sale/shared/queue.ts'", 'shared/src/queue.ts'],
    ['loadtest/src/a.ts', "import {\n  a,\n  b,\n} from '@flash-sale/local/seed.ts'", 'local/src/seed.ts'],
    ['loadtest/src/a.ts', "import { a } from '../bench/stores.ts'", 'the benchmark'],
    ['api/test/app.test.ts', "import { a } from '../../worker/src/settle.ts'", 'worker/src/settle.ts'],
  ]
  test.each(refused)('%s must not: %s', (path, statement, destination) => {
    const problems = problemsOf(path, statement)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(destination)
  })
})

describe('the environment', () => {
  const read = 'const port = process.env.PORT'
  test.each([
    'api/src/config.ts',
    'api/src/api-config.ts',
    'shared/src/config/dot-env.ts',
    'api/test/a.test.ts',
  ])('may be read in %s', (path) => {
    expect(problemsOf(path, read)).toEqual([])
  })
  test.each(['api/src/app.ts', 'api/src/reconfig.ts'])('may not be read in %s', (path) => {
    expect(problemsOf(path, read)).toHaveLength(1)
  })
})

describe('names and lengths', () => {
  test.each(['utils', 'util', 'helpers', 'common', 'misc', 'index'])('%s.ts says nothing', (name) => {
    expect(problemsOf(`api/src/${name}.ts`, '')).toHaveLength(1)
  })

  test('220 lines are enough', () => {
    expect(problemsOf('api/src/app.ts', 'a\n'.repeat(220))).toEqual([])
    expect(problemsOf('api/src/app.ts', 'a\n'.repeat(221))).toHaveLength(1)
    expect(problemsOf('api/test/app.test.ts', 'a\n'.repeat(500))).toEqual([])
  })

  test('a test lies beside its subject or in test/', () => {
    expect(problemsOf('api/src/app.test.ts', '')).toHaveLength(1)
    expect(problemsOf('api/src/app.test.ts', '', 'api/src/app.ts')).toEqual([])
    expect(problemsOf('local/bin/install.test.ts', '', 'local/bin/install.mjs')).toEqual([])
    expect(problemsOf('api/test/anything.test.ts', '')).toEqual([])
  })
})
