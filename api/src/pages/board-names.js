/**
 * Gives what Bull Board leaves without a name one for screen readers: buttons that are an icon only, and its logo of Redis.
 * It has no options for them.
 */
const names = {
  'circle-user': 'Our other pages',
  'ellipsis-vertical': 'More actions',
  maximize: 'Full screen',
  'refresh-cw': 'Retry',
}

/** Of an icon without a name of ours, what it shows, as in `trash 2`; empty: it is no icon of the kind that is known. */
const nameOf = (button) => {
  const [, icon = ''] = /\blucide-([\w-]+)/.exec(button.querySelector('svg')?.getAttribute('class')) ?? []
  return names[icon] ?? icon.replaceAll('-', ' ')
}

const mend = () => {
  for (const button of document.querySelectorAll('button:not([aria-label])')) {
    const name = button.textContent.trim() === '' ? nameOf(button) : ''
    if (name !== '') button.setAttribute('aria-label', name)
  }
  for (const logo of document.querySelectorAll('svg[role="img"]:not([aria-label])')) {
    logo.setAttribute('aria-label', 'Redis')
  }
  // With a role that is no list's, its items would be none.
  for (const pager of document.querySelectorAll('ul[role="navigation"]')) pager.setAttribute('role', 'list')
}

// Bull Board draws its page anew all the time.
new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true })
