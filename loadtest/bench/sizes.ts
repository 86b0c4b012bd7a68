/** How much of everything a run measures. */
export interface Sizes {
  /** Of one closed loop. */
  loadMs: number
  /** Of the open loop of the latency measure. */
  openLoopMs: number
  /** Purchases that wait when a drain begins, and how many of them job-per-lock settles for its rate. */
  drainJobs: number
  jobPerLockWindow: number
  /**
   * Purchases that wait in each measure of scaling. Each worker is a process that compiles its code while it begins: with
   * 15,000 that was what two workers were slower by.
   */
  scalingJobs: number
  /** Purchases that wait in each measure of a setting. */
  settingJobs: number
  products: readonly number[]
  /** How many purchases wait at the start, and over how many of them cost and rate are compared. */
  backlogs: readonly number[]
  backlogWindow: number
  memoryPurchases: number
  /** Purchases that are asked for in turn. */
  polledPurchases: number
  /** Windows of time in which somebody looks, and in which nobody does. */
  lookWindows: number
  /** Purchases that wait when buyers begin to look at their time to go. */
  etaPurchases: number
}

/** All of it in three rounds takes about 30 minutes on two cores. */
export const fullSizes: Sizes = {
  loadMs: 5_000,
  openLoopMs: 8_000,
  drainJobs: 50_000,
  jobPerLockWindow: 1_000,
  scalingJobs: 35_000,
  settingJobs: 15_000,
  products: [1, 2, 10, 100],
  backlogs: [10_000, 100_000, 500_000],
  backlogWindow: 9_000,
  memoryPurchases: 200_000,
  polledPurchases: 2_000,
  lookWindows: 4,
  etaPurchases: 12_000,
}

/** Enough to see that everything works, too little to say how fast it is. */
export const quickSizes: Sizes = {
  loadMs: 1_000,
  openLoopMs: 1_500,
  drainJobs: 8_000,
  jobPerLockWindow: 500,
  scalingJobs: 5_000,
  settingJobs: 5_000,
  products: [1, 10],
  backlogs: [5_000, 10_000],
  backlogWindow: 4_500,
  memoryPurchases: 5_000,
  polledPurchases: 500,
  lookWindows: 2,
  etaPurchases: 6_000,
}
