/** The race: the same two hundred buyers at a naive and at a locked product, drawn while they buy. */
import { CallFailed, call, callUntilAnswered, pause } from './shop-api.js'

const buyers = 200
const sendersMax = 4
const lookEveryMs = 150
const patienceMs = 30_000
const strategies = ['naive', 'locked']

const say = (text) => {
  document.getElementById('race-says').textContent = text
}

const drawSide = (strategy, { stock, sold, refused, waiting }, units) => {
  const side = document.getElementById(strategy)
  const write = (name, text) => {
    side.querySelector(`.${name}`).textContent = text
  }
  const oversold = Math.max(0, sold - units)
  write('sold-units', sold)
  write('stock-left', stock)
  write('refused', refused)
  write('waiting', waiting)
  write('oversold', `${oversold} oversold`)
  side.querySelector('.oversold').hidden = oversold === 0
  const [within, over] = side.querySelectorAll('.bar')
  within.style.width = `${(Math.min(sold, units) / buyers) * 100}%`
  over.style.width = `${(oversold / buyers) * 100}%`
}

/** Sends one purchase. @returns `accepted`, or why it was not. */
const send = async (productId, strategy, buyer) => {
  const body = { productId, customerId: `race-${buyer}`, quantity: 1, strategy }
  try {
    await call('purchases', { body, withinMs: patienceMs })
    return 'accepted'
  } catch (failure) {
    if (failure instanceof CallFailed) return failure.code
    throw failure
  }
}

/**
 * Sends all purchases of both sides, in turn. A browser has six connections to a host: some stay free for looking on.
 * @param turnedAway counts what was not accepted: told at the door that it is sold out, or anything else.
 */
const release = (race, turnedAway) => {
  const purchases = Array.from({ length: buyers }, (_, buyer) =>
    strategies.map((strategy) => ({ buyer, strategy })),
  )
    .flat()
    .values()
  const sendSome = async () => {
    for (const { buyer, strategy } of purchases) {
      const answer = await send(race[strategy].productId, strategy, buyer)
      if (answer !== 'accepted') turnedAway[strategy][answer === 'sold-out' ? 'soldOut' : 'other'] += 1
    }
  }
  for (let sender = 0; sender < sendersMax; sender += 1) void sendSome()
}

/** Who was told at the door counts like who was told at their turn. */
const withDoor = (race, turnedAway) => {
  const sideOf = (strategy) => {
    const { soldOut, other } = turnedAway[strategy]
    const refused = race[strategy].refused + soldOut
    const waiting = Math.max(0, buyers - race[strategy].sold - refused - other)
    return { ...race[strategy], refused, waiting }
  }
  return { units: race.units, naive: sideOf('naive'), locked: sideOf('locked') }
}

const draw = (race) => {
  for (const strategy of strategies) drawSide(strategy, race[strategy], race.units)
}

/** Looks until nobody waits any more. @returns the last look. */
const watch = async (turnedAway) => {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const race = withDoor(await call('demo/races/latest'), turnedAway)
    draw(race)
    const waiting = race.naive.waiting + race.locked.waiting
    if (waiting === 0) return race
    if (Date.now() > deadline)
      throw new CallFailed('timeout', `${waiting} buyers still wait. Is a worker running?`)
    await pause(lookEveryMs)
  }
}

const verdict = ({ units, naive, locked }) => {
  const oversold = naive.sold - units
  const left = oversold > 0 ? `Naive sold ${oversold} units that were not there` : `Naive sold ${naive.sold}`
  return `${left}. Locked sold ${locked.sold} of ${units}, and told ${locked.refused} buyers that it was sold out.`
}

/** One race at a time, whoever began it. */
const sayNotYet = ({ status, retryAfterMs, message }) =>
  say(
    status === 429
      ? `Another race is being run. Yours begins in about ${Math.ceil(retryAfterMs / 1_000)} s…`
      : `${message} Trying again…`,
  )

const run = async () => {
  say('Filling both shelves…')
  const race = await callUntilAnswered('demo/races', { method: 'POST' }, sayNotYet)
  const turnedAway = { naive: { soldOut: 0, other: 0 }, locked: { soldOut: 0, other: 0 } }
  draw(withDoor(race, turnedAway))
  say(`${buyers} buyers are on their way to each side…`)
  release(race, turnedAway)
  say(verdict(await watch(turnedAway)))
}

const button = document.getElementById('release')

/** Puts the button to work, where the page has one. */
export const openRace = () => {
  let running = false
  button?.addEventListener('click', async () => {
    if (running) return
    running = true
    button.setAttribute('aria-disabled', 'true')
    try {
      await run()
    } catch (failure) {
      if (!(failure instanceof CallFailed)) throw failure
      say(`The race did not come to its end: ${failure.message}`)
    } finally {
      running = false
      button.setAttribute('aria-disabled', 'false')
    }
  })
}
