/**
 * What is done to a stack in one round, and how to add another one.
 *
 * A round (`run-round.ts`) goes so:
 *  1. everything random is drawn from the round's seed: the plan of its sale, and whatever a fault draws from
 *     `round.random` (which worker, how long, after how many purchases);
 *  2. `inject` runs. It starts the sale with `round.sell()` when it wants to (a link that is held before the sale
 *     starts is held for the first statement), waits for its moment, breaks something, and returns when the fault was
 *     there for long enough. It need not mend anything. It throws when the fault could not be injected, which fails
 *     the round: a round that proved nothing must not count;
 *  3. the stack is healed: links restored, stores and processes continued and started again;
 *  4. every buyer gets its outcome, the queue drains, and the verdict (`verdict.ts`) is given: Postgres' invariants,
 *     exactly one outcome for every 202, what buyers saw is what is stored, no undersell, no job and no lock left; and
 *     the metrics that the fault names have counted it (`fault-counts.ts`).
 *
 * To add a fault: make a `Fault` in `faults/`, and put it into `faults/registry.ts`. `npm run chaos -- --only NAME`
 * runs it, `--rounds N` N times with seeds that follow each other. What a fault can use:
 *  - `stack.workers`, `stack.api` (`controlled-service.ts`): kill, pause, resume, terminate, start, `logged(text)`;
 *    `links.postgres` and `links.redis` (`link.ts`) of each: hold, held, deliver, reset, slow, slice, refuse;
 *  - `stack.postgres`, `stack.redis` (`controlled-store.ts`, `chaos-stores.ts`): kill, pause, resume, start, and of
 *    Redis empty, copyData, putBackData;
 *  - `stack.inspect` (`inspection.ts`): the stores past all links; `stack.shop`: the api over HTTP;
 *  - `round.sell()`: the sale (`sale.ts`), with `awaitAccepted(n)` and `awaitServed(n)`;
 *  - `until(what, deadlineMs, look)` for every wait: there are no fixed sleeps but the length of a fault itself.
 */
import type { CounterName } from './fault-counts.ts'
import type { SalePlan } from './plan.ts'
import type { Random } from './random.ts'
import type { Sale } from './sale.ts'
import type { Stack } from './stack.ts'

/** What the round knows and collects while a fault is injected. */
export interface Round {
  readonly seed: number
  readonly random: Random
  readonly plan: SalePlan
  /**
   * Makes a product and lets its buyers loose; the verdict is given on every sale of a round.
   * @param change what differs from the round's plan.
   * @param prepare runs when the product is there and nobody has bought yet.
   */
  sell(change?: Partial<SalePlan>, prepare?: (productId: number) => Promise<void>): Promise<Sale>
  /** Reports a broken promise; the round goes on. */
  violation(what: string): void
  /** Measured, for the report: milliseconds or counts. */
  figure(name: string, value: number): void
  /** A limit of the engine, made longer where the machine is busy with other things (`npm test`). */
  patient(ms: number): number
}

export interface Fault {
  /** In kebab case; how it is asked for. */
  name: string
  /** In the list of issue 3. */
  number: number
  /** How it is injected. */
  what: string
  /** What must be seen, besides what the verdict demands after every fault. */
  expects: string
  /** A round takes longer than 10 s: drawn less often when faults are mixed. */
  slow?: boolean
  /** Accepted purchases may be lost: then they are counted, GET says 404, and a retry with the key gives one order. */
  losesAccepted?: boolean
  /** Metrics of the workers that tell of it: each has to grow by 1 at least. */
  counts?: readonly CounterName[]
  /** What the sale must be like for this fault; the rest is drawn. */
  plan?: Partial<SalePlan>
  inject(stack: Stack, round: Round): Promise<void>
}
