import type { ErrorCode } from '../errors.ts'
import type { GeneratorNews, WorkerFacts } from './generator.ts'
import type { LedgerEntry } from './scenario.ts'

/** What whoever started a generator elsewhere tells it. */
export type ToGenerator =
  | { readonly kind: 'run' }
  | { readonly kind: 'stop' }
  /** The ledger has the entries of a batch, but for those (in order) that it refused for a reason. */
  | { readonly kind: 'recorded'; readonly batch: number; readonly reasons: readonly (string | null)[] }

/** What a generator elsewhere tells whoever started it. */
export type FromGenerator =
  /** From a process, which is then known by it. */
  | { readonly kind: 'hello'; readonly worker: WorkerFacts }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'second'; readonly news: GeneratorNews }
  /** For the ledger; batches are numbered from 0. */
  | { readonly kind: 'entries'; readonly batch: number; readonly entries: readonly LedgerEntry[] }
  | { readonly kind: 'finished'; readonly last: GeneratorNews }
  /**
   * An error with a sentence of ours, which would lose its code on the way; a mistake has to end the run, but not what
   * was measured up to then.
   */
  | {
      readonly kind: 'failed' | 'mistake'
      readonly code: ErrorCode
      readonly exitCode: number
      readonly message: string
    }
