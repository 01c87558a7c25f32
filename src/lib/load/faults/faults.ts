import { onAbort } from '../../base/abort.ts'
import { duration } from '../../base/parse-values.ts'
import { quoted } from '../../base/cut-text.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { createTimers, type Clock, type Sleep, type Timers } from '../../base/measure/clock.ts'
import type { LoadRecord } from '../../record/record.ts'

interface TimedFault {
  /** As it was given. */
  readonly expression: string
  /** When it begins, ms from the start of the run. */
  readonly atMs: number
}

/** Something that is to go wrong, on purpose, with a part that was started for the run. */
export type Fault = TimedFault &
  (
    | { readonly kind: 'kill-server' | 'drop-connections' }
    /** With how long the database stands still, ms. */
    | { readonly kind: 'pause-database'; readonly lengthMs: number }
  )

/** A fault as it happened. */
export type InjectedFault = NonNullable<LoadRecord['faults']>[number]

/**
 * Injects a fault and says what was done; resolves when the part works again. A fault that takes its time waits by
 * `sleep`, and is over as soon as that says false.
 */
export type InjectFault = (fault: Fault, sleep: Sleep) => Promise<string>

/** Faults of a run that begins. */
export interface FaultPlan {
  readonly faults: readonly Fault[]
  readonly inject: InjectFault
  readonly clock: Clock
  /** Nothing more is injected once it aborts, and what lasts is over. */
  readonly signal: AbortSignal
  /** Called when one begins. */
  readonly onFault: (fault: Fault) => void
  /** Called with `fault-failed` when one could not be injected. */
  readonly onFailure: (error: Error) => void
}

/** Faults of a run that is under way. */
export interface FaultInjection {
  /** Ends what lasts, and gives back what was injected, in order of time. */
  end(): Promise<readonly InjectedFault[]>
}

/** Which part a fault hits: those that hit the same one come one after the other. */
const parts: Readonly<Record<Fault['kind'], 'server' | 'database'>> = {
  'kill-server': 'server',
  'drop-connections': 'server',
  'pause-database': 'database',
}

/** How long a database is paused unless it is said, ms. */
const defaultPauseMs = 5000

const atAnyTime = duration(0)
const anyLength = duration(1)

/** Reads `kill-server@20s`, `drop-connections@20s`, `pause-database@20s:5s`. Throws `usage-wrong`, which says what is allowed. */
export function parseFault(expression: string): Fault {
  const fault = readFault(expression)
  if (fault) return fault
  throw failure('usage-wrong', {
    reason: `The fault ${quoted(expression)} cannot be read. It is kill-server@TIME, drop-connections@TIME or pause-database@TIME:LENGTH, such as pause-database@20s:5s.`,
  })
}

function readFault(expression: string): Fault | null {
  const [, kind, at, length] = /^([^@:]+)@([^@:]+)(?::([^@:]+))?$/.exec(expression) ?? []
  const atMs = atAnyTime.safeParse(at).data
  if (atMs === undefined) return null
  if (kind === 'kill-server' || kind === 'drop-connections') {
    return length === undefined ? { expression, kind, atMs } : null
  }
  const lengthMs = length === undefined ? defaultPauseMs : anyLength.safeParse(length).data
  return kind === 'pause-database' && lengthMs !== undefined ? { expression, kind, atMs, lengthMs } : null
}

/** The other end of a load: an API that rushbench starts, one that is somebody's, or a database without any. */
export type FaultSubject = 'own API' | 'given API' | 'database'

/**
 * Throws `usage-wrong` for faults that a run of `durationMs` cannot show the end of, or that would hit what rushbench did
 * not start: the API at --target, with the database behind it; and for those of an API where there is none.
 */
export function requirePossible(faults: readonly Fault[], durationMs: number, subject: FaultSubject): void {
  const [first] = faults
  const ofServer = faults.find(({ kind }) => parts[kind] === 'server')
  if (ofServer && subject === 'database') {
    throw failure('usage-wrong', {
      reason: `The fault ${ofServer.expression} is refused: it is done to an API, and this load is on the database itself. pause-database can be done to that.`,
    })
  }
  if (first && subject === 'given API') {
    throw failure('usage-wrong', {
      reason: `The fault ${first.expression} is refused: faults are done to what rushbench started itself, and the API at --target is somebody's.`,
    })
  }
  const late = faults.find((fault) => endOf(fault) >= durationMs)
  if (!late) return
  throw failure('usage-wrong', {
    reason: `The fault ${late.expression} is refused: it would not be over before the end of the run.`,
  })
}

function endOf(fault: Fault): number {
  return fault.kind === 'pause-database' ? fault.atMs + fault.lengthMs : fault.atMs
}

/** Injects each fault at its time from now on; one that comes while its part still suffers another waits for that. */
export function startFaults(plan: FaultPlan): FaultInjection {
  const { clock, signal } = plan
  const timers = createTimers(clock)
  const cancelAll = (): void => timers.cancelAll()
  const stopListening = onAbort(signal, cancelAll)
  const startedAt = clock.now()
  const inOrder = plan.faults.toSorted((a, b) => a.atMs - b.atMs)
  const sequences = Object.values(Object.groupBy(inOrder, ({ kind }) => parts[kind])).map((faults) =>
    injectInTurn(plan, faults, timers, startedAt),
  )
  return {
    async end() {
      cancelAll()
      stopListening()
      const injected = await Promise.all(sequences)
      return injected.flat().toSorted((a, b) => a.atMs - b.atMs)
    },
  }
}

async function injectInTurn(
  { inject, clock, onFault, onFailure }: FaultPlan,
  faults: readonly Fault[],
  { sleep }: Timers,
  startedAt: number,
): Promise<InjectedFault[]> {
  const injected: InjectedFault[] = []
  for (const fault of faults) {
    const due = startedAt + fault.atMs
    if (!(await sleep(Math.max(0, due - clock.now())))) break
    const began = clock.now()
    const describe = (detail: string): InjectedFault => ({
      kind: fault.kind,
      atMs: began - startedAt,
      lastedMs: clock.now() - began,
      detail,
    })
    onFault(fault)
    try {
      injected.push(describe(await inject(fault, sleep)))
    } catch (error) {
      injected.push(describe(`failed: ${reasonOf(error)}`))
      onFailure(failure('fault-failed', { fault: fault.expression, reason: reasonOf(error) }, error))
      break
    }
  }
  return injected
}
