/** Keeps the lock page up to date: puts in what the server has drawn, and lets the clocks run in between. */
const seen = document.getElementById('seen')
const live = document.getElementById('live')
const tickMs = 100

const say = (text, state) => {
  if (live.textContent !== text) live.textContent = text
  live.className = state
}

/** As the server writes it, see figure-text.ts. */
const clockText = (ms) => {
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const isSame = (here, there) =>
  here.nodeType === there.nodeType && here.nodeName === there.nodeName && (here.id ?? '') === (there.id ?? '')

const patchAttributes = (here, there) => {
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name)
  for (const { name, value } of there.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value)
  }
}

const place = (parent, node, before) => {
  // Keeps the focus and what is selected, where the browser can.
  if (node.isConnected && parent.moveBefore) parent.moveBefore(node, before)
  else parent.insertBefore(node, before)
}

/** Makes `here` look like `there` and leaves what is the same as it is: focus, selection and scrolling stay. */
const patch = (here, there) => {
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.data !== there.data) here.data = there.data
    return
  }
  patchAttributes(here, there)
  patchChildren(here, there)
}

const childWithId = (parent, id) => [...parent.children].find((child) => child.id === id)

const patchChildren = (here, there) => {
  let next = here.firstChild
  for (const child of [...there.childNodes]) {
    const kept = child.id ? childWithId(here, child.id) : undefined
    if (kept && kept !== next) {
      place(here, kept, next)
      next = kept
    }
    if (next && isSame(next, child)) {
      patch(next, child)
      next = next.nextSibling
    } else {
      here.insertBefore(child, next)
    }
  }
  while (next) {
    const gone = next
    next = next.nextSibling
    gone.remove()
  }
}

let drawnAtMs = performance.now()
/** Products whose invariants are being counted. */
const counting = new Set()

const runClocks = () => {
  const sinceMs = performance.now() - drawnAtMs
  for (const clock of seen.querySelectorAll('.clock')) {
    const { up, down } = clock.dataset
    const text = clockText(down === undefined ? Number(up) + sinceMs : Math.max(0, Number(down) - sinceMs))
    if (clock.textContent !== text) clock.textContent = text
  }
}

const markCounting = () => {
  for (const id of counting) document.getElementById(`verify-${id}`)?.setAttribute('aria-busy', 'true')
}

const draw = (markup) => {
  const template = document.createElement('template')
  template.innerHTML = markup
  patchChildren(seen, template.content)
  drawnAtMs = performance.now()
  markCounting()
}

const follow = () => {
  const events = new EventSource(seen.dataset.events)
  events.addEventListener('seen', ({ data, lastEventId }) => {
    draw(JSON.parse(data))
    const at = `${lastEventId.slice(11, 19)} UTC`
    say('Live', 'live')
    live.title = `as of ${at}`
  })
  events.addEventListener('unavailable', () =>
    say('Redis does not answer: what is shown is the last that was seen', 'stale'),
  )
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED) {
      say('Not live: trying to connect again', 'stale')
      return
    }
    // Refused: signed out, or too many look.
    say('Not live: load the page again to go on', 'stale')
  })
}

/** Counts the invariants of a product; the next look shows what came of it. */
const count = async ({ href, id: linkId, dataset }) => {
  const id = dataset.verify
  if (counting.has(id)) return
  counting.add(id)
  markCounting()
  try {
    const answer = await fetch(href, { headers: { accept: 'application/json' } })
    if (!answer.ok) throw new Error((await answer.json()).detail)
  } catch (error) {
    say(`The invariants could not be counted: ${error.message}`, 'stale')
  } finally {
    counting.delete(id)
    document.getElementById(linkId)?.removeAttribute('aria-busy')
  }
}

let countingAll = false

/** One after the other, so that a hundred products hold up nobody. */
const countAll = async () => {
  if (countingAll) return
  countingAll = true
  for (const link of [...seen.querySelectorAll('a[data-verify]')]) await count(link)
  countingAll = false
}

const switchQueue = async (form) => {
  const button = form.querySelector('button')
  button.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' } })
    if (!answer.ok) throw new Error((await answer.json()).detail)
  } catch (error) {
    say(`The queue was not changed: ${error.message}`, 'stale')
  }
}

seen.addEventListener('click', (event) => {
  if (event.target.id === 'check-all') countAll()
  const link = event.target.closest('a[data-verify]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  count(link)
})
seen.addEventListener('submit', (event) => {
  event.preventDefault()
  switchQueue(event.target)
})

document.documentElement.classList.add('scripts')
setInterval(runClocks, tickMs)
follow()
