import type { Caller } from '../caller.ts'
import { adminPage, assetsPath } from './admin-page.ts'
import { timeText } from './figure-text.ts'
import { html } from './html.ts'
import { lockSections } from './lock-sections.ts'
import type { LockLook } from './lock-viewers.ts'

export const mayWrite = (caller: Caller): boolean => caller.kind === 'admin' && caller.role === 'operator'

const reloadS = 3

/** The sections, or why there are none. */
const seenPart = (look: LockLook, caller: Caller) =>
  look.kind === 'seen'
    ? lockSections(look.overview, mayWrite(caller))
    : html`<p class="unavailable">Redis does not answer: nobody can be seen until it does.</p>`

/** The lock page as it is at first; its script keeps it up to date, and where there is none it is loaded again. */
export const lockPage = (look: LockLook, caller: Caller): string => {
  const asOf = look.kind === 'seen' ? `As of ${timeText(look.overview.at)} UTC` : 'Not live'
  return adminPage({
    title: 'Locks',
    caller,
    head: html`<noscript><meta http-equiv="refresh" content="${reloadS}"></noscript>
<script type="module" src="${assetsPath}/locks.js"></script>
`,
    beside: html`<p id="live" role="status">${asOf}</p>`,
    main: html`<div id="seen" data-events="/admin/locks/events">${seenPart(look, caller)}</div>`,
  })
}
