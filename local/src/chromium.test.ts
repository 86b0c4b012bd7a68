import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureChromium, findChromium, parseChromiumVersion } from './chromium.ts'

test.each([
  ['Chromium 130.0.6723.91 built on Debian GNU/Linux 12 (bookworm)\n', '130.0.6723.91'],
  ['Google Chrome 131.0.6778.69 \n', '131.0.6778.69'],
  ['command not found', undefined],
  ['', undefined],
])('the version in %j is %s', (output, version) => {
  expect(parseChromiumVersion(output)).toBe(version)
})

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'chromium-binary-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

/** @returns the program, which runs `script`. */
const program = async (directory: string, name: string, script: string): Promise<string> => {
  await mkdir(join(parent, directory), { recursive: true })
  const path = join(parent, directory, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}

test('the first one on the path that runs is taken', async () => {
  await program('broken', 'chromium', 'echo no libraries >&2; exit 127')
  const good = await program('good', 'chromium', 'echo "Chromium 130.0.1.2"')
  const searchPath = [join(parent, 'missing'), join(parent, 'broken'), join(parent, 'good')].join(delimiter)
  expect(await findChromium({ searchPath, given: undefined })).toEqual({
    ok: true,
    path: good,
    version: '130.0.1.2',
  })
})

test('the one that is named is taken, or nothing', async () => {
  const options = {
    searchPath: join(parent, 'empty'),
    mayInstall: true,
    onProgress: (line: string) => expect.unreachable(line),
  }
  const given = await program('named', 'my-browser', 'echo "Chromium 130.0.1.2"')
  expect(await ensureChromium({ ...options, given })).toMatchObject({ ok: true, path: given })
  expect(await ensureChromium({ ...options, given: join(parent, 'none') })).toEqual({
    ok: false,
    reason: expect.stringContaining(join(parent, 'none')),
  })
})

/** Installs what it is told to, once it has lists. */
const aptGet = (installs: boolean): Promise<string> =>
  program(
    'bin',
    'apt-get',
    `cd ${join(parent, 'bin')}
case "$*" in
*update*) : > lists ;;
*install*) [ -e lists ] || { echo 'E: Unable to locate package chromium' >&2; exit 100; }
${installs ? `printf '#!/bin/sh\\necho Chromium 130.0.1.2\\n' > chromium; /bin/chmod +x chromium` : 'echo "E: no network" >&2; exit 100'} ;;
esac`,
  )

test('root gets it from the Debian package, with new lists where the machine has none', async () => {
  await aptGet(true)
  const said: string[] = []
  const found = await ensureChromium({
    searchPath: join(parent, 'bin'),
    given: undefined,
    mayInstall: true,
    onProgress: (line) => void said.push(line),
  })
  expect(found).toEqual({ ok: true, path: join(parent, 'bin/chromium'), version: '130.0.1.2' })
  expect(said).toHaveLength(2)
})

test.each([
  ['it may not be installed', false, 'it may not be installed from here'],
  ['installing it fails', true, 'installing it failed (E: no network)'],
])('%s: the reason says what to do', async (_name, mayInstall, reason) => {
  await aptGet(false)
  const searchPath = join(parent, 'bin')
  const found = await ensureChromium({
    searchPath,
    given: undefined,
    mayInstall,
    onProgress: () => undefined,
  })
  expect(found).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  expect(found).toEqual({ ok: false, reason: expect.stringContaining('apt-get install chromium') })
})
