/**
 * The rules of the house that no linter knows: which workspace may import which, where the environment is read, how
 * files are named and how long they may be. (Default exports, `console` and `any` are refused by Biome.)
 */
import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'

/** A source file; `path` is relative to the project, with `/`. */
export interface SourceFile {
  path: string
  text: string
}

const workspaces = ['shared', 'api', 'worker', 'loadtest', 'local'] as const
type Workspace = (typeof workspaces)[number]

/** Dependencies run one way: api → shared ← worker. */
const mayImport: Record<Workspace, readonly Workspace[]> = {
  shared: ['shared'],
  api: ['api', 'shared'],
  worker: ['worker', 'shared'],
  loadtest: ['loadtest'],
  local: ['local', 'shared'],
}

/** What other teams use of us, and the load test as well. */
const typedClient = /^shared\/src\/contract\/client(-\w+)?\.ts$/

const linesMax = 220
const vagueNames = /^(utils?|helpers?|common|misc|index)\.\w+$/
const importPattern = /^(?:import|export)\s+(type\s)?[^'";]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)test\//.test(path)

const workspaceOf = (path: string): Workspace | undefined =>
  workspaces.find((name) => path.startsWith(`${name}/`))

/** Where an import leads within the project, as a path; undefined for a package from outside. */
const destination = (path: string, specifier: string): string | undefined => {
  if (specifier.startsWith('.')) return normalize(join(dirname(path), specifier))
  const ours = /^@flash-sale\/(\w+)\/(.+)$/.exec(specifier)
  return ours ? `${ours[1]}/src/${ours[2]}` : undefined
}

const importProblems = ({ path, text }: SourceFile): string[] => {
  const from = workspaceOf(path)
  if (from === undefined) return []
  return [...text.matchAll(importPattern)].flatMap(([, typeOnly, specifier = '', dynamic]) => {
    const to = destination(path, specifier || (dynamic ?? ''))
    const target = to === undefined ? undefined : workspaceOf(to)
    if (to === undefined || target === undefined) return []
    if (to.startsWith('loadtest/bench/') && !path.startsWith('loadtest/bench/'))
      return [`${path}: imports ${to}, but nothing may import the benchmark`]
    if (target === from) return []
    if (isTest(path) && (target === 'local' || target === 'shared')) return []
    // The benchmark boots what it measures; nothing else may need it.
    if (path.startsWith('loadtest/bench/')) return []
    if (from === 'loadtest' && typeOnly && to.startsWith('shared/src/contract/')) return []
    if (from === 'loadtest' && typedClient.test(to)) return []
    if (mayImport[from].includes(target)) return []
    const allowed =
      from === 'loadtest' ? 'only types and the client, from shared/src/contract' : mayImport[from].join(', ')
    return [`${path}: imports ${to}, but ${from} may import ${allowed}`]
  })
}

const environmentProblems = ({ path, text }: SourceFile): string[] => {
  // local/bin runs before there is anything to read a configuration with.
  const isConfiguration =
    /(^|[/-])config\.ts$/.test(path) || path.startsWith('shared/src/config/') || path.startsWith('local/bin/')
  if (isConfiguration || isTest(path) || !text.includes(['process', 'env'].join('.'))) return []
  return [`${path}: reads the environment, which only config.ts and *-config.ts files may do`]
}

const nameProblems = ({ path }: SourceFile): string[] =>
  vagueNames.test(basename(path)) ? [`${path}: expected a name that says what is inside`] : []

const lengthProblems = ({ path, text }: SourceFile): string[] => {
  const lines = text.trimEnd().split('\n').length
  return isTest(path) || lines <= linesMax ? [] : [`${path}: ${lines} lines, expected at most ${linesMax}`]
}

/** A test lies beside what it tests, or in `<workspace>/test/` when it spans several files. */
const placeProblems = ({ path }: SourceFile, paths: ReadonlySet<string>): string[] => {
  if (!path.endsWith('.test.ts') || /^\w+\/test\//.test(path)) return []
  const subject = path.replace(/\.test\.ts$/, '.ts')
  const beside = paths.has(subject) || paths.has(subject.replace(/\.ts$/, '.mjs'))
  return beside
    ? []
    : [`${path}: expected ${basename(subject)} beside it, or a place in the workspace's test/`]
}

/** What is wrong with these files, a line each; empty when all is well. */
export const tidyProblems = (files: readonly SourceFile[]): string[] => {
  const paths = new Set(files.map((file) => file.path))
  return files.flatMap((file) => [
    ...importProblems(file),
    ...environmentProblems(file),
    ...nameProblems(file),
    ...lengthProblems(file),
    ...placeProblems(file, paths),
  ])
}

/** Every source file of the workspaces below `root`. */
export const readSources = async (root: string): Promise<SourceFile[]> => {
  const paths: string[] = []
  const pattern = `{${workspaces.join(',')}}/**/*.{ts,mjs}`
  for await (const path of glob(pattern, { cwd: root, exclude: (name) => name.includes('node_modules') }))
    paths.push(path)
  const read = paths
    .toSorted()
    .map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') }))
  return Promise.all(read)
}
