/** What `npm run loadtest -- --help` prints. */
export const help = `Usage: npm run loadtest -- [options]

Fires all buyers at one product in the same instant, polls every purchase to its outcome and
checks in Postgres that what was sold is what there was.

Workload
  --buyers N             how many buyers, each sends one purchase            (200)
  --stock N              units for sale                                      (100)
  --quantity N           units per purchase, 1 to 10                         (1)
  --connections N        open connections to the API       (as many as buyers, at most 200)
  --strategy NAME        locked: the engine; naive: read, check, write       (locked)
  --compare              runs naive, then locked, side by side
  --timeout SECONDS      a purchase without an outcome by then is lost       (120)
  --retry-lost           buyers send a purchase again, with its key, that the engine
                         accepted and forgot; else it counts as lost
  --seed N               fixes the random part of the pauses before a POST is sent again;
                         customers and keys are new in every run                   (random)

Product (a demo product is made for the run)
  --think MS             simulated payment time     (0; 100 with --compare or --strategy naive)
  --batch-max N          purchases settled per lock                    (the worker's BATCH_MAX)
  --product ID           resets and uses this demo product instead

Engine
  --url URL              a running engine; when nothing answers at the default,
                         the load test starts an engine of its own   (http://localhost:3000)
  --admin TOKEN          of an operator; else ADMIN_TOKEN, else the one in DATA_DIR/admin.json

Output
  --json FILE            writes every figure to FILE
  --report FILE.html     writes a page with charts and every figure; needs nothing beside it
  --junit FILE.xml       writes the verdict as JUnit XML, a test case for each invariant
  --help                 prints this

Exit code: 0 every invariant holds (with --compare: locked is exact and naive is not),
3 one is broken, 2 bad usage, 1 the test could not run.
`
