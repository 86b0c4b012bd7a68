/**
 * Runs before `npm start`, `npm test` and `npm run loadtest`, on any Node from 20 on, with nothing installed: makes
 * sure that node_modules holds exactly what package-lock.json says. Does nothing, in milliseconds, when it does; so
 * it never touches the packages of a running engine unless the lockfile has changed.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const waitMsMax = 10 * 60_000
const installMsMax = 15 * 60_000

const say = (line) => process.stderr.write(`${line}\n`)

const fail = (line) => {
  say(line)
  process.exit(1)
}

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    return fail(`${path}: expected JSON, got something else (${error.message}).`)
  }
}

/** Every package.json that asks for other packages than the lockfile has. */
const manifestsBeyond = (lock) =>
  ['', ...(lock.packages[''].workspaces ?? [])].filter((directory) => {
    const manifest = readJson(join(directory, 'package.json')) ?? {}
    const locked = lock.packages[directory] ?? {}
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies']
    return kinds.some((kind) => !isDeepStrictEqual(manifest[kind] ?? {}, locked[kind] ?? {}))
  })

const samePackage = (one, other) =>
  ['version', 'resolved', 'integrity', 'link'].every((field) => one[field] === other[field])

/** Whether npm has installed what the lockfile says. npm writes its own record as the last step of an install. */
const isInstalled = (lock) => {
  const record = readJson('node_modules/.package-lock.json')
  if (record === undefined) return false
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== '')
  const present = wanted.every(([path, entry]) => {
    const installed = record.packages[path]
    // Optional packages are for other machines.
    return installed === undefined ? entry.optional === true : samePackage(entry, installed)
  })
  return present && Object.keys(record.packages).every((path) => path in lock.packages)
}

/** npm as it runs us, else the one on the PATH; not on the Node that is about to be replaced. */
const npmCommand = () => {
  const { npm_node_execpath: node, npm_execpath: npm } = process.env
  return node && npm ? [node, npm] : ['npm']
}

const install = () => {
  say('Installing the dependencies (once, about 30 s)…')
  const [command, ...first] = npmCommand()
  const bin = join(root, 'node_modules', '.bin')
  const path = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== bin)
  const flags = ['--include=dev', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  const result = spawnSync(command, [...first, 'ci', ...flags], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: installMsMax,
  })
  if (result.status === 0) return
  // npm's own usage text follows what went wrong.
  const lines = (result.stderr ?? '').trim().split('\n').slice(0, 15)
  const how = result.error?.message ?? result.signal ?? `exit code ${result.status}`
  fail([...lines, `The dependencies could not be installed: npm ci ended with ${how}.`].join('\n'))
}

/** The package `node` brings the Node we run on by an install script; without that, the machine's is used silently. */
const checkPinnedNode = (lock) => {
  const wanted = lock.packages['node_modules/node']?.version
  if (wanted === undefined) return
  const result = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  const got = result.stdout?.trim() || 'none'
  if (got.split('.')[0] === `v${wanted.split('.')[0]}`) return
  fail(
    `Expected Node v${wanted} in node_modules, got ${got}: the install scripts of the packages did not run ` +
      '(is ignore-scripts set?). Do: npm rebuild --ignore-scripts=false',
  )
}

/** An abstract socket, which the kernel removes with its process, is the lock; the ones who wait are connected to it. */
const lockName = `\0flash-sale-install:${createHash('sha256').update(root).digest('hex').slice(0, 32)}`

const lockOrHolder = () =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    server.once('error', (error) => resolve(error.code === 'EADDRINUSE' ? 'held' : 'unsupported'))
    server.listen(lockName, () => resolve('ours'))
  })

const holderIsGone = (timeoutMs) =>
  new Promise((resolve) => {
    const socket = connect({ path: lockName })
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearTimeout(timer)
        resolve()
      })
  })

const lockInstall = async () => {
  const deadline = Date.now() + waitMsMax
  let told = false
  while (process.platform === 'linux' && (await lockOrHolder()) === 'held') {
    if (Date.now() >= deadline)
      fail('Another install of the dependencies did not end within 10 minutes. Stop it first.')
    if (!told) say('Waiting for another install of the dependencies to end…')
    told = true
    await holderIsGone(deadline - Date.now())
  }
}

const lock = readJson('package-lock.json')
if (lock === undefined) fail('Expected package-lock.json in the project, found none. Do: npm install')
const [beyond] = manifestsBeyond(lock)
if (beyond !== undefined) {
  fail(`${join(beyond, 'package.json')} asks for other packages than package-lock.json has. Do: npm install`)
}
if (!isInstalled(lock)) {
  await lockInstall()
  if (!isInstalled(lock)) install()
}
checkPinnedNode(lock)
process.exit(0)
