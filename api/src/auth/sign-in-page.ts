import { hash } from 'node:crypto'
import type { Response } from 'express'
import { escaped } from '../locks/html.ts'

const style = `
body { min-height: 100vh; display: grid; place-items: center }
main { width: min(22rem, 100% - 3rem) }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600 }
input { width: 100%; padding: .6rem }
button { margin-top: 1.5rem; width: 100%; padding: .7rem }
[role=alert] { border-left: .25rem solid var(--bad); margin-top: .75rem; padding-left: .75rem }
`

/** Nothing is loaded from elsewhere, no script runs, the form goes to this host only and nobody may frame it. */
const policy =
  `default-src 'none'; img-src 'self'; style-src 'self' 'sha256-${hash('sha256', style, 'base64')}'; form-action 'self'; ` +
  `base-uri 'none'; frame-ancestors 'none'`

const send = (response: Response, status: number, main: string): void => {
  response.status(status)
  response.setHeader('Content-Security-Policy', policy)
  // Not `no-referrer`: browsers would then send the form with `Origin: null`.
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Sign in · Flash Sale Engine</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/page.css">
<style>${style}</style>
<main>
${main}
</main>
`,
  )
}

export interface SignInForm {
  status: number
  /** Where to go afterwards: an address of ours. */
  next: string
  /** The name that was given before. */
  name?: string
  /** Why the last attempt failed. */
  refusal?: string
}

/** The form, which works without JavaScript and says why the last attempt failed. */
export const sendSignInForm = (
  response: Response,
  { status, next, name = '', refusal }: SignInForm,
): void => {
  const alert = refusal === undefined ? '' : `<p role="alert" id="refusal">${escaped(refusal)}</p>\n`
  const described = refusal === undefined ? '' : ' aria-describedby="refusal" aria-invalid="true"'
  send(
    response,
    status,
    `<h1>Flash Sale Engine</h1>
${alert}<form method="post" action="/admin/sign-in">
<input type="hidden" name="next" value="${escaped(next)}">
<label for="name">Name</label>
<input id="name" name="name" value="${escaped(name)}" autocomplete="username" maxlength="32" required${described}>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" maxlength="200" required${described}>
<button class="primary">Sign in</button>
</form>`,
  )
}

/** What somebody sees who is signed in already. */
export const sendSignedIn = (response: Response, name: string, role: string, next: string): void =>
  send(
    response,
    200,
    `<h1>Flash Sale Engine</h1>
<p>Signed in as <strong>${escaped(name)}</strong> (${role}). <a href="${escaped(next)}">Go on</a></p>
<form method="post" action="/admin/sign-out">
<button class="primary">Sign out</button>
</form>`,
  )
