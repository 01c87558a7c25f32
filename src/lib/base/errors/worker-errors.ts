import { entry } from './error-entry.ts'

/** Errors of workers and their queue: a part of the catalogue. */
export const workerErrors = {
  'worker-ended': entry<{ reason: string }>(
    'error',
    (d) => `A worker process ended before the load began: ${d.reason}.`,
  ),
  'worker-lost': entry<{ worker: string; reason: string }>(
    'error',
    (d) => `Worker ${d.worker} was lost before the load began: ${d.reason}. Start another, and run the command again.`,
  ),
  'workers-missing': entry<{ ready: number; wanted: number; seconds: number; queue: string }>(
    'error',
    (d) =>
      `Only ${d.ready} of ${d.wanted} workers took their shard within ${d.seconds} s. Start more of them with "rushbench worker --queue ${d.queue}", or take fewer by --workers.`,
  ),
  'worker-version': entry<{ worker: string; own: string; wanted: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} is rushbench ${d.own}, and the run was started by ${d.wanted}. Install the same version everywhere.`,
  ),
  'worker-refuses-load': entry<{ worker: string; reason: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} does not make this load: ${d.reason}. On the queue the limits of the command line hold, and only what the coordinator has signed.`,
  ),
  'worker-refuses-scenario': entry<{ worker: string; file: string; sha256: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} does not run the scenario ${d.file}, which is code from the queue. Start it with --allow-scenarios sha256:${d.sha256} for this file, or with --allow-scenarios any.`,
  ),
  'worker-refuses-target': entry<{ worker: string; target: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} does not load ${d.target}, which is not on its machine. If that target is yours, start the worker with --allow-remote.`,
  ),
  'worker-cannot-reach': entry<{ worker: string; target: string; reason: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} cannot reach the target ${d.target}: ${d.reason}. Name an address by --target that leads to the API from every worker.`,
  ),
  'worker-without-database': entry<{ worker: string; database: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} has no database, and is to seed ${d.database}. The queue carries no passwords: start the worker with --db, or with RUSHBENCH_DB.`,
  ),
  'worker-other-database': entry<{ worker: string; own: string; wanted: string }>(
    'error',
    (d) =>
      `Worker ${d.worker} uses the database ${d.own}, in which this seeding was not begun: it was in ${d.wanted}. Start the worker with a --db that leads there.`,
  ),
  'seeding-stuck': entry<{ block: number; reason: string }>(
    'error',
    (d) =>
      `Block ${d.block} of the seeding could not be stored by any worker: ${d.reason}. What is stored is kept; mend the cause, and go on with --resume.`,
  ),
  'queue-unreachable': entry<{ url: string; reason: string }>(
    'error',
    (d) => `Cannot reach the queue ${d.url}: ${d.reason}. Is Redis running, and are host, port and password right?`,
  ),
  'queue-lost': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The queue ${d.url} was lost in the middle of the run: ${d.reason}. What the workers did after that is not known; start Redis and run the command again.`,
  ),
  'queue-message-wrong': entry<{ url: string; reason: string }>(
    'error',
    (d) => `The queue ${d.url} holds what rushbench did not send: ${d.reason}. Use a Redis database of its own.`,
  ),
}
