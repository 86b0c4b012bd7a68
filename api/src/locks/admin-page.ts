/** The frame of the pages below `/admin` that are ours: title, ways to the other pages, the search. */
import type { Caller } from '../caller.ts'
import { type Html, html, nothing } from './html.ts'

export interface AdminPage {
  title: string
  /** In the head as well. */
  head?: Html
  caller: Caller
  /** What was searched for. */
  q?: string
  /** In the line of the title. */
  beside?: Html
  main: Html
}

/** Where the sheet of their own and the script of the pages are served. */
export const assetsPath = '/admin/locks/assets'

const link = (address: string, text: string, title: string): Html =>
  text === title
    ? html`<a href="${address}" aria-current="page">${text}</a>`
    : html`<a href="${address}">${text}</a>`

const who = (caller: Caller): Html =>
  caller.kind === 'admin' ? html`<p class="who">${caller.name} <small>${caller.role}</small></p>` : nothing

/** The whole document. */
export const adminPage = ({
  title,
  head = nothing,
  caller,
  q = '',
  beside = nothing,
  main,
}: AdminPage): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Flash Sale Engine</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/page.css">
<link rel="stylesheet" href="${assetsPath}/locks.css">
${head}</head>
<body>
<header class="top">
<p class="brand">Flash Sale Engine</p>
<nav aria-label="Pages">${link('/admin/locks', 'Locks', title)} ${link('/admin/queues', 'Queue', title)} ${link('/docs/', 'API', title)}</nav>
<form role="search" action="/admin/purchases/search"><label for="q">Find a purchase</label><input id="q" name="q" type="search" value="${q}" placeholder="job id, order or customer" maxlength="128" required autocomplete="off" spellcheck="false"><button>Find</button></form>
${who(caller)}
</header>
<main>
<div class="title"><h1>${title}</h1>${beside}</div>
${main}
</main>
</body>
</html>
`.markup
