import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { WorkerEvents } from '../worker-events.ts'
import { createProductFigures, type ProductFigures } from './product-figures.ts'
import { settlementMetrics } from './settlement-metrics.ts'

/** What is counted where it happens, and only read here. */
export interface WorkerFigures {
  leasesLost: number
  longWaits: number
  /** Product lines that stand in line for their lock now. */
  inLine: number
  /** Purchases that wait for a lock, and that are being settled, now. */
  waiting: number
  settling: number
  reconciled: { found: number; settled: number; closed: number }
  postgresCalls: number
  postgresConnectionsMax: number
}

export interface WorkerMetrics {
  events: WorkerEvents
  registry: Registry
  products: ProductFigures
  /** Lets the figures be read with every look at the registry; until then they are not there. */
  follow(figures: () => WorkerFigures): void
}

const counterNames = {
  jobStalled: [
    'flash_sale_jobs_stalled_total',
    'Jobs found without their worker and put back into the queue.',
  ],
  jobFailed: ['flash_sale_jobs_failed_total', 'Jobs that failed: a bug, or a job that is no purchase.'],
  steppedBack: [
    'flash_sale_purchases_stepped_back_total',
    'Purchases of a stuck product that went back to the end of the queue.',
  ],
  handedBack: ['flash_sale_purchases_handed_back_total', 'Purchases given back because the worker stopped.'],
  staleTokenRefused: [
    'flash_sale_stale_tokens_refused_total',
    'Batches that Postgres refused: a larger fencing token had settled the product.',
  ],
} as const

const followFigures = (registry: Registry, figures: () => WorkerFigures): void => {
  const registers = [registry]
  const counted = (name: string, help: string, read: (figures: WorkerFigures) => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read(figures()))
      },
    })
  }
  const measured = (name: string, help: string, read: (figures: WorkerFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(figures()))
      },
    })
  }
  counted('flash_sale_leases_lost_total', 'Leases that ended before their batch did.', (f) => f.leasesLost)
  counted(
    'flash_sale_long_lock_waits_total',
    'Waits for a lock longer than LOCK_WAIT_MS.',
    (f) => f.longWaits,
  )
  measured('flash_sale_lock_waiters', 'Product lines that stand in line for their lock.', (f) => f.inLine)
  measured('flash_sale_lock_waiting_purchases', 'Purchases that wait for a lock.', (f) => f.waiting)
  measured('flash_sale_settling_purchases', 'Purchases that are being settled.', (f) => f.settling)
  measured(
    'flash_sale_worker_postgres_calls',
    'Calls that run or wait for a connection.',
    (f) => f.postgresCalls,
  )
  measured('flash_sale_worker_postgres_connections_max', 'Size of the pool.', (f) => f.postgresConnectionsMax)
  new Counter({
    name: 'flash_sale_reconciler_actions_total',
    help: 'Purchases left behind: found, settled in their turn, or closed as failed.',
    labelNames: ['action'],
    registers,
    collect() {
      this.reset()
      for (const [action, purchases] of Object.entries(figures().reconciled)) this.inc({ action }, purchases)
    },
  })
}

/** Every metric of a worker process; nothing is served, see `reportWorker`. */
export const createWorkerMetrics = (): WorkerMetrics => {
  const registry = new Registry()
  const registers = [registry]
  const products = createProductFigures()
  collectDefaultMetrics({ register: registry, prefix: 'flash_sale_worker_' })

  const counterOf = (event: keyof typeof counterNames): (() => void) => {
    const [name, help] = counterNames[event]
    const counter = new Counter({ name, help, registers })
    return () => counter.inc()
  }
  const again = new Counter({
    name: 'flash_sale_settle_retries_total',
    help: 'Batches that went back to their line: after a fault, or for a newer lease.',
    labelNames: ['cause'],
    registers,
  })
  for (const cause of ['fault', 'newer_lease']) again.inc({ cause }, 0)

  return {
    registry,
    products,
    events: {
      ...settlementMetrics(registry, products),
      settledAgain: (cause) => again.inc({ cause }),
      staleTokenRefused: counterOf('staleTokenRefused'),
      jobStalled: counterOf('jobStalled'),
      jobFailed: counterOf('jobFailed'),
      steppedBack: counterOf('steppedBack'),
      handedBack: counterOf('handedBack'),
    },
    follow: (figures) => followFigures(registry, figures),
  }
}
