/** A real browser for tests, which notices what no page of ours may do: log an error, or ask a foreign host. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, inject } from 'vitest'

/** A page in a profile of its own: no cookie or storage of another page. */
export interface WatchedPage {
  readonly page: Page
  /** Errors that the page logged, or that nobody caught, so far. */
  readonly consoleErrors: readonly string[]
  /** Addresses on other machines that the page has asked, or tried to ask, so far. */
  readonly foreignRequests: readonly string[]
  close(): Promise<void>
}

export interface BrowserOfFile {
  /** False: there is none, and the tests are to be skipped with `test.skipIf`. */
  readonly available: boolean
  /** Opens an empty page, as wide as a desk's screen if `options` do not say otherwise. Is closed with the browser. */
  openPage(options?: BrowserContextOptions): Promise<WatchedPage>
}

const flags = [
  // As root there is no sandbox to be had; the pages are our own.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const timeouts = { launchMs: 60_000, actionMs: 15_000 }
const ownHosts = new Set(['localhost', '127.0.0.1', '[::1]'])
const networkProtocols = new Set(['http:', 'https:', 'ws:', 'wss:'])

const isForeign = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return networkProtocols.has(protocol) && !ownHosts.has(hostname)
}

const openPage = async (browser: Browser, options: BrowserContextOptions): Promise<WatchedPage> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(timeouts.actionMs)
  const page = await context.newPage()
  const consoleErrors: string[] = []
  const foreignRequests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(`${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => void consoleErrors.push(error.message))
  page.on('websocket', (socket) => {
    if (isForeign(socket.url())) foreignRequests.push(socket.url())
  })
  context.on('request', (request) => {
    if (isForeign(request.url())) foreignRequests.push(request.url())
  })
  return { page, consoleErrors, foreignRequests, close: () => context.close() }
}

/**
 * One browser for the calling test file, started before its first test and gone after its last. Its profile is a new
 * directory, which goes with it. Call it at the top of the file, after `isolatedStores()` if that is used too, so that
 * the browser is gone when that looks for leaks.
 */
export const browserOfFile = (): BrowserOfFile => {
  const found = inject('chromium')
  let browser: Browser | undefined
  beforeAll(async () => {
    if (!found.ok) return
    browser = await chromium.launch({
      executablePath: found.path,
      args: flags,
      timeout: timeouts.launchMs,
      // The signals are for the test runner.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
  })
  afterAll(async () => {
    await browser?.close()
  })
  return {
    available: found.ok,
    openPage: (options = {}) => {
      if (!browser) throw new Error('the browser is there from beforeAll to afterAll only')
      return openPage(browser, options)
    },
  }
}
