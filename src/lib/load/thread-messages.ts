import type { ErrorCode } from '../errors.ts'
import type { GeneratorResult } from './generator.ts'
import type { SecondTally } from './recorder.ts'
import type { LedgerEntry } from './scenario.ts'

/** What the main thread tells a thread that makes load. */
export type ToThread =
  | { readonly kind: 'run' }
  | { readonly kind: 'stop' }
  /** The ledger has the entries of a batch, but for those (in order) that it refused for a reason. */
  | { readonly kind: 'recorded'; readonly batch: number; readonly reasons: readonly (string | null)[] }

/** What a thread that makes load tells the main thread. */
export type FromThread =
  | { readonly kind: 'prepared' }
  | { readonly kind: 'second'; readonly second: SecondTally }
  /** For the ledger; batches are numbered from 0. */
  | { readonly kind: 'entries'; readonly batch: number; readonly entries: readonly LedgerEntry[] }
  | { readonly kind: 'finished'; readonly result: GeneratorResult }
  /** An error with a sentence of ours, which would lose its code on the way. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly exitCode: number; readonly message: string }
