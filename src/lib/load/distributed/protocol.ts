import type { LedgerEntry } from '../../ports/scenario.ts'
import type { GeneratorInterval, PreparingProgress, WorkerFacts } from '../engine/generator.ts'
import type { CountsPiece } from '../metrics/counts-memory.ts'

/** How often a thread or a process says that it lives, ms, and how many times in a row it may fail to. */
export const aliveEveryMs = 1000
export const mostSilences = 8

/** From the coordinator to a worker. */
export type Command =
  /** Begin: now, or at a moment of the worker's machine clock (`monotonicMs`), which all its threads share. */
  | { readonly kind: 'begin'; readonly at: number | null }
  | { readonly kind: 'stop' }
  /** The ledger has the entries of a batch, but for those (in order) that it refused for a reason. */
  | { readonly kind: 'recorded'; readonly batch: number; readonly reasons: readonly (string | null)[] }

/** From a worker to the coordinator. */
export type Telemetry =
  /** From a process, which is then known by it. */
  | { readonly kind: 'hello'; readonly worker: WorkerFacts }
  /** Each second, on this machine: the event loop turns. */
  | { readonly kind: 'alive' }
  /** The scenarios are read, and have these names. */
  | { readonly kind: 'read'; readonly names: readonly string[] }
  | ({ readonly kind: 'preparing' } & PreparingProgress)
  | { readonly kind: 'prepared' }
  /** From a thread: where it counts, so that nothing of it is lost with the thread. */
  | { readonly kind: 'counts'; readonly piece: CountsPiece }
  /** After each second, and once more after the last. */
  | { readonly kind: 'interval' | 'last'; readonly interval: GeneratorInterval }
  /** For the ledger; batches are numbered from 0. */
  | { readonly kind: 'entries'; readonly batch: number; readonly entries: readonly LedgerEntry[] }
  /** Nothing follows. `lost`: why it did not work until the end of the run; null when it did, or was told to stop. */
  | { readonly kind: 'end'; readonly lost: string | null }
  /** It does not do its shard, or (a mistake) the run has to end, but what was measured up to then is kept. */
  | { readonly kind: 'failed' | 'mistake'; readonly error: string }

/** The coordinator's way to one worker: a thread, a process, or one that has its shard from a queue. */
export interface Transport {
  send(command: Command): void
  /**
   * Called once. What `onMessage` returns is waited for where messages can wait. `onLost` is told why no more will come:
   * by a text of a worker that is lost, which while it runs is no error, and by an error of one that has failed.
   */
  listen(onMessage: (message: Telemetry) => void | Promise<void>, onLost: (reason: string | Error) => void): void
  /** Ends the worker, or its shard. */
  close(): Promise<void>
}

/** A worker's way to its coordinator. */
export interface CoordinatorPort {
  send(message: Telemetry): void
  listen(onCommand: (command: Command) => void): void
}
