import { countsInMemory, createHistogram, type LatencyHistogram } from '../../base/measure/histogram.ts'
import { namedCounts } from './named-counts.ts'
import type { StepMetrics, IntervalMetrics } from './interval-metrics.ts'

/** Numbers of a recorder, by their place. */
export const totalAt = { skipped: 0, errors: 1, reconnected: 2, droppedTexts: 3, iterations: 4, users: 5 } as const
/** Numbers of a step, by their place. */
export const stepAt = { failures: 0, afterEnd: 1, bytes: 2 } as const

type ReasonKind = 'failureReason' | 'errorReason' | 'retryReason'

/** A part of the memory in which a recorder counts, or what its places mean. */
export type CountsPiece =
  | {
      readonly kind: 'totals'
      readonly totals: Float64Array
      readonly failureReasons: Float64Array
      readonly errorReasons: Float64Array
      readonly retryReasons: Float64Array
      readonly late: Uint32Array
    }
  | {
      readonly kind: 'step' | 'part'
      readonly name: string
      readonly numbers: Float64Array
      readonly response: Uint32Array
      readonly service: Uint32Array
    }
  /** They are numbered from 0, as they come. */
  | { readonly kind: ReasonKind; readonly name: string }

/** Where a recorder counts. */
export interface CountsMemory {
  /** So many numbers, all 0. */
  numbers(length: number): Float64Array
  histogram(): LatencyHistogram
  tell(piece: CountsPiece): void
}

/** Memory of this thread alone. */
export const ownMemory: CountsMemory = {
  numbers: (length) => new Float64Array(length),
  histogram: createHistogram,
  tell() {},
}

/** Memory that whoever is told of its pieces reads as well, also when this thread does not come back from what it does. */
export function sharedMemory(tell: (piece: CountsPiece) => void): CountsMemory {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes)
  return {
    numbers: (length) => new Float64Array(shared(length * Float64Array.BYTES_PER_ELEMENT)),
    histogram() {
      const histogram = createHistogram()
      histogram._counts = new Uint32Array(shared(histogram._counts.length * Uint32Array.BYTES_PER_ELEMENT))
      return histogram
    },
    tell,
  }
}

/** Reads the counts of a recorder elsewhere since the last reading. */
export interface CountsReader {
  add(piece: CountsPiece): void
  /** Null when it was told of no memory. */
  read(): { readonly recorded: IntervalMetrics; readonly iterations: number; readonly users: number } | null
}

/** A reader of what `sharedMemory` tells. */
export function createCountsReader(): CountsReader {
  let memory: Extract<CountsPiece, { readonly kind: 'totals' }> | null = null
  const steps: Record<'step' | 'part', StepPiece[]> = { step: [], part: [] }
  const names: Record<ReasonKind, string[]> = { failureReason: [], errorReason: [], retryReason: [] }
  const metricsOf = (kind: 'step' | 'part') =>
    steps[kind].map(stepMetrics).filter(({ response }) => response.counts.length > 0)

  return {
    add(piece) {
      if (piece.kind === 'totals') memory = piece
      else if (piece.kind === 'step' || piece.kind === 'part') steps[piece.kind].push(piece)
      else names[piece.kind].push(piece.name)
    },
    read() {
      if (!memory) return null
      const { totals, late, failureReasons, errorReasons, retryReasons } = memory
      const total = (name: keyof typeof totalAt): number => totals[totalAt[name]] as number
      const recorded = {
        users: 0,
        skipped: total('skipped'),
        steps: metricsOf('step'),
        parts: metricsOf('part'),
        failureReasons: namedCounts(failureReasons, names.failureReason),
        errors: total('errors'),
        errorReasons: namedCounts(errorReasons, names.errorReason),
        retryReasons: namedCounts(retryReasons, names.retryReason),
        reconnected: total('reconnected'),
        droppedTexts: total('droppedTexts'),
        late: countsInMemory(late),
      }
      return { recorded, iterations: total('iterations'), users: total('users') }
    },
  }
}

type StepPiece = Extract<CountsPiece, { readonly kind: 'step' | 'part' }>

function stepMetrics({ name, numbers, response, service }: StepPiece): StepMetrics {
  const number = (of: keyof typeof stepAt): number => numbers[stepAt[of]] as number
  return {
    name,
    failures: number('failures'),
    afterEnd: number('afterEnd'),
    bytes: number('bytes'),
    response: countsInMemory(response),
    service: countsInMemory(service),
  }
}
