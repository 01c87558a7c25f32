/** Before all keys, in a Redis that others may use too. */
export const keyPrefix = 'rushbench'

/** The one queue that all workers take their work from. */
export const queueName = 'work'

/** Keys of one run. */
export interface RunKeys {
  /** The job, the same for all shards. */
  readonly task: string
  /** A stream of the coordinator's commands, a sign of life each second among them. */
  readonly commands: string
  /** A stream of what the workers say. */
  readonly telemetry: string
  /** The same, once nobody can add to it any more. */
  readonly sealed: string
}

/** The keys of the run of that id. */
export function runKeys(id: string): RunKeys {
  const key = (name: string): string => `${keyPrefix}:run:${id}:${name}`
  return { task: key('task'), commands: key('commands'), telemetry: key('telemetry'), sealed: key('sealed') }
}

/** How often the coordinator gives a sign of life, and how long a worker goes on without one, ms. */
export const heartbeatMs = 1000
export const coordinatorGoneMs = 5000

/** How long the keys of a run outlive the coordinator's last sign of life, ms. */
export const keysLiveMs = 30_000

/** How long the queue may be away before a run is given up, ms. */
export const queueGoneMs = 5000

/**
 * How long a worker may fail to say that it works on its shard before that counts as lost, and how often this is checked, ms. A worker that
 * lost the queue has given up by itself before, so that nobody books what no ledger will hold.
 */
export const lockMs = 8000
export const stalledCheckMs = 2000
