import type { SentError } from '../../base/errors/errors.ts'
import type { CountsPiece } from '../metrics/counts-memory.ts'
import type { GeneratorNews, GeneratorResult, WorkerFacts } from '../engine/generator.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'

/** How often a thread or a process says that it lives, ms, and how many times in a row it may fail to. */
export const aliveEveryMs = 1000
export const mostSilences = 8

/** What whoever started a generator elsewhere tells it. */
export type ToGenerator =
  /** Begin: now, or at a moment of the machine's clock (`monotonicMs`), which all its threads share. */
  | { readonly kind: 'run'; readonly at: number | null }
  | { readonly kind: 'stop' }
  /** The ledger has the entries of a batch, but for those (in order) that it refused for a reason. */
  | { readonly kind: 'recorded'; readonly batch: number; readonly reasons: readonly (string | null)[] }

/** What a generator elsewhere tells whoever started it. */
export type FromGenerator =
  /** From a process, which is then known by it. */
  | { readonly kind: 'hello'; readonly worker: WorkerFacts }
  /** From a thread, each second: its event loop turns. */
  | { readonly kind: 'alive' }
  /** It has read its scenarios, which have these names. */
  | { readonly kind: 'read'; readonly names: readonly string[] }
  /** Of its users; also while none is added to them. */
  | { readonly kind: 'preparing'; readonly done: number; readonly total: number }
  | { readonly kind: 'prepared' }
  /** From a thread: where it counts, so that nothing of it is lost with the thread. */
  | { readonly kind: 'counts'; readonly piece: CountsPiece }
  | { readonly kind: 'second'; readonly news: GeneratorNews }
  /** For the ledger; batches are numbered from 0. */
  | { readonly kind: 'entries'; readonly batch: number; readonly entries: readonly LedgerEntry[] }
  | ({ readonly kind: 'finished' } & Pick<GeneratorResult, 'last' | 'lost'>)
  /** A mistake has to end the run, but what was measured up to then is kept. */
  | ({ readonly kind: 'failed' | 'mistake' } & SentError)
